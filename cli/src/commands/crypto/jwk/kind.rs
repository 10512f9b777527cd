//! What `step crypto jwk create` is to make: kind, use and algorithm of the key.

use authority::keys::KeySpec;
use clap::{Args, ValueEnum};
use jose::{
    Algorithm, MacAlgorithm,
    jwe::{AesSize, KeyManagement},
};

use crate::{
    error::CommandError,
    key_kind::{Curve, KeyFlags, KeyType},
};

/// What kind of key is made, and what for.
#[derive(Args)]
pub(super) struct KindFlags {
    /// Kind of key [default: EC]
    #[arg(long, alias = "type", value_name = "KIND", ignore_case = true)]
    kty: Option<JwkType>,
    /// Curve of an EC key, P-256 if left out, or Ed25519 for an OKP key
    #[arg(long, alias = "crv", value_name = "CURVE", ignore_case = true)]
    curve: Option<Curve>,
    /// Bits of an RSA key: 2048, 3072 or 4096; 2048 if left out. Octets of a symmetric key: what its algorithm needs if
    /// left out
    #[arg(long, value_name = "NUMBER")]
    size: Option<u32>,
    /// What the key is for
    #[arg(long = "use", value_enum, default_value = "sig")]
    key_use: KeyUse,
    /// The one algorithm the key is for; by its kind if left out: ES256, ES384, ES512, RS256, EdDSA or HS256 to sign,
    /// ECDH-ES, RSA-OAEP-256 or A256GCMKW to encrypt
    #[arg(long, alias = "algorithm", value_name = "ALGORITHM")]
    alg: Option<String>,
    /// Allow RSA1_5
    #[arg(long)]
    subtle: bool,
    /// What upstream's command takes and ignores
    #[arg(long, hide = true, value_name = "OPERATION")]
    key_ops: Vec<String>,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
enum JwkType {
    #[value(name = "EC")]
    Ec,
    #[value(name = "OKP")]
    Okp,
    #[value(name = "RSA")]
    Rsa,
    #[value(name = "oct")]
    Oct,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
pub(super) enum KeyUse {
    /// Signatures
    Sig,
    /// Encryption
    Enc,
}

impl KeyUse {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sig => "sig",
            Self::Enc => "enc",
        }
    }
}

/// The value of `alg` of a key with two halves.
#[derive(Clone, Copy)]
pub(super) enum PairAlgorithm {
    Signature(Algorithm),
    Encryption(KeyManagement),
}

/// A symmetric key: its length in octets, and its `alg`.
pub(super) struct Secret {
    pub(super) length: usize,
    pub(super) alg: &'static str,
}

impl KindFlags {
    pub(super) const fn key_use(&self) -> KeyUse {
        self.key_use
    }

    pub(super) fn is_symmetric(&self) -> bool {
        self.kty == Some(JwkType::Oct)
    }

    /// Whether a kind of key was asked for.
    pub(super) fn is_given(&self) -> bool {
        self.kty.is_some() || self.curve.is_some() || self.size.is_some()
    }

    /// The kind of a key with two halves.
    pub(super) fn spec(&self) -> Result<KeySpec, CommandError> {
        let kty = self.kty.and_then(|kty| match kty {
            JwkType::Ec => Some(KeyType::Ec),
            JwkType::Okp => Some(KeyType::Okp),
            JwkType::Rsa => Some(KeyType::Rsa),
            JwkType::Oct => None,
        });
        KeyFlags { kty, curve: self.curve, size: self.size }.spec()
    }

    /// The algorithm of a key of this kind. Whether a signing key can be used with it is for the key to say.
    pub(super) fn algorithm(&self, spec: KeySpec) -> Result<PairAlgorithm, CommandError> {
        let Some(name) = self.alg.as_deref() else { return self.default_algorithm(spec) };
        let invalid = || CommandError::invalid_value("alg", name);
        match self.key_use {
            KeyUse::Sig => Algorithm::from_name(name).map(PairAlgorithm::Signature).ok_or_else(invalid),
            KeyUse::Enc => {
                let algorithm = KeyManagement::from_name(name).ok_or_else(invalid)?;
                if algorithm == KeyManagement::Rsa15 && !self.subtle {
                    let (flag, value) = ("alg", algorithm.name());
                    return Err(CommandError::ValueRequiresFlag { flag, value, required: "subtle" });
                }
                let fits = match spec {
                    KeySpec::EcP256 | KeySpec::EcP384 | KeySpec::EcP521 => {
                        matches!(algorithm, KeyManagement::EcdhEs | KeyManagement::EcdhEsKeyWrap(_))
                    }
                    KeySpec::Rsa { .. } => {
                        matches!(algorithm, KeyManagement::RsaOaep | KeyManagement::RsaOaep256 | KeyManagement::Rsa15)
                    }
                    KeySpec::Ed25519 => false,
                };
                if fits { Ok(PairAlgorithm::Encryption(algorithm)) } else { Err(invalid()) }
            }
        }
    }

    fn default_algorithm(&self, spec: KeySpec) -> Result<PairAlgorithm, CommandError> {
        Ok(match (self.key_use, spec) {
            (KeyUse::Sig, KeySpec::EcP256) => PairAlgorithm::Signature(Algorithm::Es256),
            (KeyUse::Sig, KeySpec::EcP384) => PairAlgorithm::Signature(Algorithm::Es384),
            (KeyUse::Sig, KeySpec::EcP521) => PairAlgorithm::Signature(Algorithm::Es512),
            (KeyUse::Sig, KeySpec::Ed25519) => PairAlgorithm::Signature(Algorithm::EdDsa),
            (KeyUse::Sig, KeySpec::Rsa { .. }) => PairAlgorithm::Signature(Algorithm::Rs256),
            (KeyUse::Enc, KeySpec::Rsa { .. }) => PairAlgorithm::Encryption(KeyManagement::RsaOaep256),
            (KeyUse::Enc, KeySpec::EcP256 | KeySpec::EcP384 | KeySpec::EcP521) => {
                PairAlgorithm::Encryption(KeyManagement::EcdhEs)
            }
            (KeyUse::Enc, KeySpec::Ed25519) => {
                return Err(CommandError::Incompatible { flag: "use enc", with: "an Ed25519 key" });
            }
        })
    }

    /// The symmetric key asked for.
    pub(super) fn secret(&self) -> Result<Secret, CommandError> {
        if self.curve.is_some() {
            return Err(CommandError::MutuallyExclusive { first: "kty oct", second: "curve" });
        }
        let size = self.size.and_then(|size| usize::try_from(size).ok());
        match self.key_use {
            KeyUse::Sig => self.mac(size),
            KeyUse::Enc => self.wrapping(size),
        }
    }

    fn mac(&self, size: Option<usize>) -> Result<Secret, CommandError> {
        let name = self.alg.as_deref().unwrap_or("HS256");
        let algorithm = MacAlgorithm::from_name(name).ok_or_else(|| CommandError::invalid_value("alg", name))?;
        let least = algorithm.key_length();
        let length = size.unwrap_or(least);
        if !(least..=LONGEST).contains(&length) {
            return Err(out_of_bounds(format!("requires {least} to {LONGEST} with {name}")));
        }
        Ok(Secret { length, alg: algorithm.name() })
    }

    fn wrapping(&self, size: Option<usize>) -> Result<Secret, CommandError> {
        let name = self.alg.as_deref().unwrap_or("A256GCMKW");
        let invalid = || CommandError::invalid_value("alg", name);
        let algorithm = KeyManagement::from_name(name).ok_or_else(invalid)?;
        let lengths: &[usize] = match algorithm {
            KeyManagement::AesKeyWrap(AesSize::A128) | KeyManagement::AesGcmKeyWrap(AesSize::A128) => &[16],
            KeyManagement::AesKeyWrap(AesSize::A192) | KeyManagement::AesGcmKeyWrap(AesSize::A192) => &[24],
            KeyManagement::AesKeyWrap(AesSize::A256) | KeyManagement::AesGcmKeyWrap(AesSize::A256) => &[32],
            // As long as the encryption of the content needs, A256GCM if nobody says.
            KeyManagement::Direct => &[32, 16, 24, 48, 64],
            _ => return Err(invalid()),
        };
        match size.or(lengths.first().copied()) {
            Some(length) if lengths.contains(&length) => Ok(Secret { length, alg: algorithm.name() }),
            _ => {
                let listed: Vec<String> = lengths.iter().map(usize::to_string).collect();
                Err(out_of_bounds(format!("requires {} with {name}", listed.join(", "))))
            }
        }
    }
}

/// More octets add nothing to the strength of a MAC.
const LONGEST: usize = 1024;

fn out_of_bounds(rule: String) -> CommandError {
    CommandError::FlagOutOfBounds { flag: "size", rule }
}
