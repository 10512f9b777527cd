//! SHA-256 fingerprints of certificates.

use std::{fmt, str::FromStr};

use aws_lc_rs::digest;
use thiserror::Error;

/// SHA-256 of a certificate's DER.
///
/// Read from 64 hexadecimal digits of either case, with hyphens or colons anywhere between them; written in lower case.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest::digest(&digest::SHA256, certificate).as_ref());
        Self(octets)
    }
}

/// The text is not a SHA-256 fingerprint.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("a SHA-256 fingerprint has 64 hexadecimal digits")]
pub struct FingerprintError;

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let digits = text.replace(['-', ':'], "");
        let mut octets = [0; 32];
        hex::decode_to_slice(digits, &mut octets).map_err(|_| FingerprintError)?;
        Ok(Self(octets))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_colons_and_case_do_not_matter() {
        let plain = "ab".repeat(32);
        let groups = |separator: &str| vec!["AB"; 32].join(separator);
        for text in [plain.clone(), groups("-"), groups(":"), groups("")] {
            assert_eq!(text.parse::<Fingerprint>().expect(&text).to_string(), plain);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "ab", &"ab".repeat(31), &"ab".repeat(33), &"zz".repeat(32)] {
            assert_eq!(text.parse::<Fingerprint>(), Err(FingerprintError), "{text}");
        }
    }

    #[test]
    fn it_is_the_sha_256_of_the_octets() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Fingerprint::of(b"").to_string(), empty);
    }
}
