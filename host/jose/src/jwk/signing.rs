//! A private key made ready to sign.

use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPairComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
        EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
        RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair, RsaPublicKeyComponents, RsaSignatureEncoding,
    },
};

use super::{Curve, Jwk, PrivatePart, PublicPart};
use crate::{Algorithm, JoseError, error::excerpt};

/// A private key and the one algorithm it signs with.
pub struct SigningKey {
    algorithm: Algorithm,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static RsaSignatureEncoding),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// The key of a private JWK. An RSA key that names no algorithm signs with `RS256`.
    ///
    /// # Errors
    /// [`JoseError::NoPrivateKey`], [`JoseError::KeyUse`], [`JoseError::AlgorithmNotAllowed`].
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JoseError> {
        let private = jwk.private.as_ref().ok_or(JoseError::NoPrivateKey)?;
        let may_sign = |operations: &Vec<String>| operations.iter().any(|operation| operation == "sign");
        if jwk.key_use().is_some_and(|key_use| key_use != "sig") || !jwk.key_ops.as_ref().is_none_or(may_sign) {
            return Err(JoseError::KeyUse("sign"));
        }
        let pair = pair(&jwk.public, private)?;
        let default = match &jwk.public {
            PublicPart::Ec { curve, .. } => curve.algorithm(),
            PublicPart::Rsa { .. } => Algorithm::Rs256,
            PublicPart::Ed25519 { .. } => Algorithm::EdDsa,
        };
        let Some(name) = jwk.alg() else { return Ok(Self { algorithm: default, pair }) };
        let refused = || JoseError::AlgorithmNotAllowed(excerpt(name));
        let algorithm = Algorithm::from_name(name).ok_or_else(refused)?;
        match pair {
            Pair::Rsa(pair, _) => {
                let encoding = rsa_encoding(algorithm).ok_or_else(refused)?;
                Ok(Self { algorithm, pair: Pair::Rsa(pair, encoding) })
            }
            pair if algorithm == default => Ok(Self { algorithm, pair }),
            _ => Err(refused()),
        }
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Signs, in the form of RFC 7518 §3: ECDSA as R‖S at full width.
    ///
    /// # Errors
    /// [`JoseError::Library`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).map(|()| signature)
            }
        };
        signature.map_err(|_| JoseError::Library("sign"))
    }

    /// Whether the private part belongs to the public one.
    pub(super) fn check(public: &PublicPart, private: &PrivatePart) -> Result<(), JoseError> {
        pair(public, private).map(drop)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.algorithm)
    }
}

/// The pair of an RSA key.
pub(super) fn rsa_pair(public: &PublicPart, private: &PrivatePart) -> Result<RsaKeyPair, JoseError> {
    match pair(public, private)? {
        Pair::Rsa(pair, _) => Ok(pair),
        Pair::Ec(_) | Pair::Ed25519(_) => Err(JoseError::InvalidKey("it is no RSA key")),
    }
}

fn pair(public: &PublicPart, private: &PrivatePart) -> Result<Pair, JoseError> {
    const FOREIGN: JoseError = JoseError::InvalidKey("the private part does not belong to the public part");
    match (public, private) {
        (PublicPart::Ec { curve, x, y }, PrivatePart::Ec { d }) => {
            let library = match curve {
                Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
                Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
                Curve::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
            };
            let pair = EcdsaKeyPair::from_private_key_and_public_key(library, d, &PublicPart::point(x, y));
            pair.map(Pair::Ec).map_err(|_| FOREIGN)
        }
        (PublicPart::Rsa { n, e }, PrivatePart::Rsa(secrets)) => {
            let pair = RsaKeyPair::from_components(&KeyPairComponents {
                public_key: RsaPublicKeyComponents { n: n.as_slice(), e: e.as_slice() },
                d: secrets.d.as_slice(),
                p: secrets.p.as_slice(),
                q: secrets.q.as_slice(),
                dP: secrets.dp.as_slice(),
                dQ: secrets.dq.as_slice(),
                qInv: secrets.qi.as_slice(),
            });
            pair.map(|pair| Pair::Rsa(pair, &RSA_PKCS1_SHA256)).map_err(|_| FOREIGN)
        }
        (PublicPart::Ed25519 { x }, PrivatePart::Ed25519 { d }) => {
            Ed25519KeyPair::from_seed_and_public_key(d, x).map(Pair::Ed25519).map_err(|_| FOREIGN)
        }
        _ => Err(FOREIGN),
    }
}

fn rsa_encoding(algorithm: Algorithm) -> Option<&'static RsaSignatureEncoding> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_SHA512),
        Algorithm::Ps256 => Some(&RSA_PSS_SHA256),
        Algorithm::Ps384 => Some(&RSA_PSS_SHA384),
        Algorithm::Ps512 => Some(&RSA_PSS_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 | Algorithm::EdDsa => None,
    }
}
