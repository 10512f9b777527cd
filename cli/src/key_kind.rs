//! `--kty`, `--curve` and `--size`: which kind of key is made.

use authority::keys::KeySpec;
use clap::{Args, ValueEnum};

use crate::error::CommandError;

/// What kind of key is made.
#[derive(Args)]
pub(crate) struct KeyFlags {
    /// Kind of key [default: EC]
    #[arg(long, value_name = "KIND", ignore_case = true)]
    pub(crate) kty: Option<KeyType>,
    /// Curve of an EC key, P-256 if left out, or Ed25519 for an OKP key
    #[arg(long, alias = "crv", value_name = "CURVE", ignore_case = true)]
    pub(crate) curve: Option<Curve>,
    /// Bits of an RSA key: 2048, 3072 or 4096; 2048 if left out
    #[arg(long, value_name = "BITS")]
    pub(crate) size: Option<u32>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum KeyType {
    #[value(name = "EC")]
    Ec,
    #[value(name = "OKP")]
    Okp,
    #[value(name = "RSA")]
    Rsa,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Curve {
    #[value(name = "P-256")]
    P256,
    #[value(name = "P-384")]
    P384,
    #[value(name = "P-521")]
    P521,
    #[value(name = "Ed25519")]
    Ed25519,
}

impl KeyFlags {
    /// Whether any of the flags was given.
    pub(crate) fn is_given(&self) -> bool {
        self.kty.is_some() || self.curve.is_some() || self.size.is_some()
    }

    /// The kind asked for: EC on P-256 when nothing was.
    pub(crate) fn spec(&self) -> Result<KeySpec, CommandError> {
        let kty = self.kty.unwrap_or(match (self.curve, self.size) {
            (Some(Curve::Ed25519), _) => KeyType::Okp,
            (None, Some(_)) => KeyType::Rsa,
            _ => KeyType::Ec,
        });
        if kty != KeyType::Rsa && self.size.is_some() {
            return Err(CommandError::MutuallyExclusive { first: "size", second: "curve" });
        }
        match (kty, self.curve) {
            (KeyType::Ec, None | Some(Curve::P256)) => Ok(KeySpec::EcP256),
            (KeyType::Ec, Some(Curve::P384)) => Ok(KeySpec::EcP384),
            (KeyType::Ec, Some(Curve::P521)) => Ok(KeySpec::EcP521),
            (KeyType::Okp, None | Some(Curve::Ed25519)) => Ok(KeySpec::Ed25519),
            (KeyType::Rsa, None) => rsa(self.size.unwrap_or(2048)),
            (KeyType::Rsa, Some(_)) => Err(CommandError::MutuallyExclusive { first: "kty RSA", second: "curve" }),
            (KeyType::Ec, Some(Curve::Ed25519)) => Err(wrong_curve("Ed25519", &["P-256", "P-384", "P-521"])),
            (KeyType::Okp, Some(_)) => Err(wrong_curve("P-…", &["Ed25519"])),
        }
    }
}

fn rsa(bits: u32) -> Result<KeySpec, CommandError> {
    match bits {
        2048 | 3072 | 4096 | 8192 => Ok(KeySpec::Rsa { bits }),
        ..2048 => Err(CommandError::FlagOutOfBounds { flag: "size", rule: "requires at least 2048".into() }),
        _ => Err(CommandError::InvalidValue {
            flag: "size".into(),
            value: bits.to_string(),
            options: ["2048", "3072", "4096", "8192"].map(str::to_owned).to_vec(),
        }),
    }
}

fn wrong_curve(curve: &str, options: &[&str]) -> CommandError {
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    CommandError::InvalidValue { flag: "curve".into(), value: curve.into(), options }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_choose_the_kind_of_key() {
        let spec = |kty, curve, size| KeyFlags { kty, curve, size }.spec();
        assert_eq!(spec(None, None, None).expect("the default"), KeySpec::EcP256);
        assert_eq!(spec(None, Some(Curve::P384), None).expect("EC"), KeySpec::EcP384);
        assert_eq!(spec(None, Some(Curve::Ed25519), None).expect("OKP"), KeySpec::Ed25519);
        assert_eq!(spec(Some(KeyType::Okp), None, None).expect("OKP"), KeySpec::Ed25519);
        assert_eq!(spec(Some(KeyType::Rsa), None, None).expect("RSA"), KeySpec::Rsa { bits: 2048 });
        assert_eq!(spec(None, None, Some(3072)).expect("RSA"), KeySpec::Rsa { bits: 3072 });
        assert!(spec(Some(KeyType::Rsa), None, Some(1024)).is_err());
        assert!(spec(Some(KeyType::Rsa), None, Some(2049)).is_err());
        assert!(spec(Some(KeyType::Rsa), Some(Curve::P256), None).is_err());
        assert!(spec(Some(KeyType::Ec), Some(Curve::Ed25519), None).is_err());
        assert!(spec(Some(KeyType::Ec), None, Some(2048)).is_err());
    }
}
