//! The hash functions, one behind the other.

use aws_lc_rs::digest;
use clap::{Args, ValueEnum};
use md5::{Digest as _, Md5};
use sha2::Sha512_224;

use crate::error::CommandError;

/// Which hash is computed.
#[derive(Args)]
pub(super) struct AlgorithmFlags {
    /// Hash algorithm; md5 needs --insecure
    #[arg(long, value_name = "ALGORITHM", default_value = "sha256", ignore_case = true)]
    alg: Algorithm,
    /// Allow md5
    #[arg(long, hide = true)]
    insecure: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Algorithm {
    #[value(name = "sha1", alias = "sha")]
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    #[value(name = "sha512-224")]
    Sha512224,
    #[value(name = "sha512-256")]
    Sha512256,
    Md5,
}

impl AlgorithmFlags {
    pub(super) fn algorithm(&self) -> Result<Algorithm, CommandError> {
        if self.alg == Algorithm::Md5 && !self.insecure {
            return Err(CommandError::FlagRequiresFlag { flag: "alg md5", required: "insecure" });
        }
        Ok(self.alg)
    }
}

/// A hash that is being computed.
pub(super) enum Hasher {
    AwsLc(digest::Context),
    Md5(Md5),
    Sha512224(Sha512_224),
}

impl Algorithm {
    pub(super) fn hasher(self) -> Hasher {
        let algorithm = match self {
            Self::Md5 => return Hasher::Md5(Md5::new()),
            Self::Sha512224 => return Hasher::Sha512224(Sha512_224::new()),
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
            Self::Sha512256 => &digest::SHA512_256,
        };
        Hasher::AwsLc(digest::Context::new(algorithm))
    }
}

impl Hasher {
    pub(super) fn update(&mut self, octets: &[u8]) {
        match self {
            Self::AwsLc(context) => context.update(octets),
            Self::Md5(hash) => hash.update(octets),
            Self::Sha512224(hash) => hash.update(octets),
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        match self {
            Self::AwsLc(context) => context.finish().as_ref().to_vec(),
            Self::Md5(hash) => hash.finalize().to_vec(),
            Self::Sha512224(hash) => hash.finalize().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 and RFC 1321, for the message `abc`.
    #[test]
    fn every_algorithm_gives_the_published_value() {
        let cases = [
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Algorithm::Sha512224, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
            (Algorithm::Sha512256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
        ];
        for (algorithm, expected) in cases {
            let mut hasher = algorithm.hasher();
            hasher.update(b"a");
            hasher.update(b"bc");
            assert_eq!(hex::encode(hasher.finish()), expected, "{algorithm:?}");
        }
    }
}
