//! `--alg` of a message that is signed.

use std::fmt;

use jose::{Algorithm, MacAlgorithm};

/// A signature or a MAC.
#[derive(Clone, Copy)]
pub(in super::super) enum SignatureAlgorithm {
    Signature(Algorithm),
    Mac(MacAlgorithm),
}

impl SignatureAlgorithm {
    pub(super) fn parse(name: &str) -> Result<Self, &'static str> {
        let signature = Algorithm::from_name(name).map(Self::Signature);
        signature.or_else(|| MacAlgorithm::from_name(name).map(Self::Mac)).ok_or("not a signature algorithm")
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Signature(algorithm) => algorithm.name(),
            Self::Mac(algorithm) => algorithm.name(),
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
