//! Making new keys.

use aws_lc_rs::{
    encoding::AsBigEndian,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
        EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    },
};
use zeroize::Zeroizing;

use super::{Curve, Jwk, PrivatePart, PublicPart};
use crate::{Algorithm, JoseError};

impl Jwk {
    /// A key for provisioning tokens: P-256, `ES256`, `sig`, named by its thumbprint.
    ///
    /// # Errors
    /// [`JoseError::Library`] when the system gives no randomness.
    pub fn generate_ec_p256() -> Result<Self, JoseError> {
        Self::generate_ec(Curve::P256)
    }

    /// A signing key on a curve, named by its thumbprint.
    ///
    /// # Errors
    /// As [`Jwk::generate_ec_p256`].
    pub fn generate_ec(curve: Curve) -> Result<Self, JoseError> {
        let pair = EcdsaKeyPair::generate(match curve {
            Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
            Curve::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
        })
        .map_err(|_| FAILED)?;
        let (Some((4, point)), Ok(d)) =
            (pair.public_key().as_ref().split_first(), AsBigEndian::as_be_bytes(&pair.private_key()))
        else {
            return Err(FAILED);
        };
        let (x, y) = point.split_at_checked(curve.width()).ok_or(FAILED)?;
        let public = PublicPart::Ec { curve, x: x.to_vec(), y: y.to_vec() };
        let d = Zeroizing::new(d.as_ref().to_vec());
        Ok(named(public, PrivatePart::Ec { d }, curve.algorithm()))
    }

    /// An Ed25519 signing key, named by its thumbprint.
    ///
    /// # Errors
    /// As [`Jwk::generate_ec_p256`].
    pub fn generate_ed25519() -> Result<Self, JoseError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| FAILED)?;
        let seed = pair.seed().and_then(|seed| seed.as_be_bytes()).map_err(|_| FAILED)?;
        let public = PublicPart::Ed25519 { x: pair.public_key().as_ref().to_vec() };
        let d = Zeroizing::new(seed.as_ref().to_vec());
        Ok(named(public, PrivatePart::Ed25519 { d }, Algorithm::EdDsa))
    }
}

const FAILED: JoseError = JoseError::Library("make a key");

fn named(public: PublicPart, private: PrivatePart, algorithm: Algorithm) -> Jwk {
    let jwk = Jwk {
        public,
        private: Some(private),
        kid: None,
        alg: Some(algorithm.name().to_owned()),
        key_use: Some("sig".to_owned()),
        key_ops: None,
        x5c: Vec::new(),
    };
    let kid = jwk.thumbprint();
    jwk.with_kid(kid)
}
