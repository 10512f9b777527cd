//! What a key does for an encrypted message.

use aws_lc_rs::{
    agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey},
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{PrivateDecryptingKey, PublicEncryptingKey},
};
use zeroize::Zeroizing;

use super::{Curve, Jwk, PrivatePart, PublicPart, signing, verifying};
use crate::{Algorithm, JoseError};

const NOT_EC: JoseError = JoseError::KeyUse("agree on a key: it is not an EC key");
const NOT_RSA: JoseError = JoseError::KeyUse("encrypt a key: it is not an RSA key");

impl Jwk {
    /// The curve of an EC key.
    pub(crate) fn curve(&self) -> Result<Curve, JoseError> {
        match &self.public {
            PublicPart::Ec { curve, .. } => Ok(*curve),
            PublicPart::Rsa { .. } | PublicPart::Ed25519 { .. } => Err(NOT_EC),
        }
    }

    /// The key without anything but its public numbers.
    pub(crate) fn numbers(&self) -> Self {
        Self {
            public: self.public.clone(),
            private: None,
            kid: None,
            alg: None,
            key_use: None,
            key_ops: None,
            x5c: Vec::new(),
        }
    }

    /// What this private key and the other's public key have in common: the first coordinate of their product.
    pub(crate) fn agree(&self, other: &Self) -> Result<Zeroizing<Vec<u8>>, JoseError> {
        let curve = self.curve()?;
        let Some(PrivatePart::Ec { d }) = &self.private else { return Err(JoseError::NoPrivateKey) };
        // A point of another curve is the sender's fault, and says nothing about the key.
        let PublicPart::Ec { curve: other_curve, x, y } = &other.public else { return Err(JoseError::Decryption) };
        if *other_curve != curve {
            return Err(JoseError::Decryption);
        }
        let library = match curve {
            Curve::P256 => &ECDH_P256,
            Curve::P384 => &ECDH_P384,
            Curve::P521 => &ECDH_P521,
        };
        let failed = || JoseError::Library("agree on a key");
        let own = PrivateKey::from_private_key(library, d).map_err(|_| failed())?;
        let other = UnparsedPublicKey::new(library, PublicPart::point(x, y));
        agreement::agree(&own, other, failed(), |secret| Ok(Zeroizing::new(secret.to_vec())))
    }

    /// The public RSA key.
    pub(crate) fn rsa_encrypting(&self) -> Result<PublicEncryptingKey, JoseError> {
        if !matches!(self.public, PublicPart::Rsa { .. }) {
            return Err(NOT_RSA);
        }
        let key = verifying::parse(&self.public, Algorithm::Rs256)?;
        let der = key.as_der().map_err(|_| JoseError::Library("write a key"))?;
        PublicEncryptingKey::from_der(der.as_ref()).map_err(|_| JoseError::Library("read a key"))
    }

    /// The private RSA key.
    pub(crate) fn rsa_decrypting(&self) -> Result<PrivateDecryptingKey, JoseError> {
        if !matches!(self.public, PublicPart::Rsa { .. }) {
            return Err(NOT_RSA);
        }
        let private = self.private.as_ref().ok_or(JoseError::NoPrivateKey)?;
        let pair = signing::rsa_pair(&self.public, private)?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| JoseError::Library("write a key"))?;
        PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref()).map_err(|_| JoseError::Library("read a key"))
    }
}
