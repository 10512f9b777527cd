//! A private key in a token: it signs, and it never leaves.

use authority::{
    Curve, KeyKind, SubjectPublicKeyInfo,
    keys::{SignatureAlgorithm, Signer, SignerError},
};
use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use cryptoki::{
    context::Function,
    error::Error,
    mechanism::{
        Mechanism,
        eddsa::{EddsaParams, EddsaSignatureScheme},
    },
    object::KeyType,
};

use crate::{
    OpenError, ecdsa, module,
    pool::{Lent, Pool},
    uri::KeyUri,
};

/// An issuing key in a token.
pub struct TokenKey {
    pool: Pool,
    scheme: Scheme,
    spki: Vec<u8>,
}

/// How a token is asked for a signature.
#[derive(Clone, Copy)]
enum Scheme {
    /// Over a digest we make; each half of the answer has as many octets as the order of the curve.
    Ecdsa { algorithm: SignatureAlgorithm, digest: &'static digest::Algorithm, octets: usize },
    /// Over the text itself: Ed25519, whose signature needs no other form (RFC 8032 §5.1.6, RFC 8410 §6).
    Ed25519,
    /// Over the text itself.
    Rsa,
}

impl TokenKey {
    /// Loads the module, logs in and finds the key, which must be of the kind of `public_key`, the one in its certificate.
    /// That it belongs to it shows when it signs ([`authority::Issuer::prove_key`]): tokens need not have the public half.
    ///
    /// # Errors
    /// Whatever is missing or wrong, and what would be right.
    pub fn open(uri: &KeyUri, public_key: &SubjectPublicKeyInfo) -> Result<Self, OpenError> {
        let scheme = Scheme::of(public_key.kind()).ok_or(OpenError::Kind)?;
        let module = module::load(&uri.module)?;
        let pool = Pool::open(module, uri.clone(), uri.pin.read()?, scheme.key_type())?;
        Ok(Self { pool, scheme, spki: public_key.spki_der().to_vec() })
    }

    /// Asks a session, and, when it or the token was gone, once more a new one.
    fn ask(&self, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, SignerError> {
        let mut was_asked = false;
        let mut attempts = 0..2;
        loop {
            attempts.next();
            let lent = self.pool.lend().map_err(|error| failure(error, was_asked))?;
            let error = match sign(&lent, mechanism, data) {
                Ok(signature) => return Ok(signature),
                Err(error) => error,
            };
            lent.close();
            self.pool.forget_idle();
            was_asked |= !matches!(error, Error::Pkcs11(_, Function::SignInit));
            if attempts.is_empty() {
                return Err(failure(OpenError::of(&error), was_asked));
            }
        }
    }
}

fn sign(lent: &Lent<'_>, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, Error> {
    let session = lent.session();
    session.session.sign(mechanism, session.key, data)
}

/// A token that was asked may have signed, whatever it answers.
fn failure(error: OpenError, was_asked: bool) -> SignerError {
    let reason = error.to_string();
    if was_asked { SignerError::OutcomeUnknown { reason } } else { SignerError::Unavailable { reason } }
}

impl Signer for TokenKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        match self.scheme {
            Scheme::Ecdsa { algorithm, .. } => algorithm,
            Scheme::Ed25519 => SignatureAlgorithm::Ed25519,
            Scheme::Rsa => SignatureAlgorithm::RsaSha256,
        }
    }

    fn public_key(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        match self.scheme {
            Scheme::Ecdsa { digest, octets, .. } => {
                let digest = digest::digest(digest, message);
                let signature = self.ask(&Mechanism::Ecdsa, digest.as_ref())?;
                ecdsa::to_der(&signature, octets).ok_or_else(|| SignerError::OutcomeUnknown {
                    reason: format!("the token answered with {} octets in place of {}", signature.len(), 2 * octets),
                })
            }
            Scheme::Ed25519 => self.ask(&Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)), message),
            Scheme::Rsa => self.ask(&Mechanism::Sha256RsaPkcs, message),
        }
    }

    fn signs_elsewhere(&self) -> bool {
        true
    }
}

impl Scheme {
    fn of(kind: KeyKind) -> Option<Self> {
        let algorithm = SignatureAlgorithm::of(kind)?;
        let ecdsa = |digest, octets| Some(Self::Ecdsa { algorithm, digest, octets });
        match kind {
            KeyKind::Ec(Curve::P256) => ecdsa(&SHA256, 32),
            KeyKind::Ec(Curve::P384) => ecdsa(&SHA384, 48),
            KeyKind::Ec(Curve::P521) => ecdsa(&SHA512, 66),
            KeyKind::Ed25519 => Some(Self::Ed25519),
            KeyKind::Rsa { .. } => Some(Self::Rsa),
            KeyKind::Other(_) => None,
        }
    }

    fn key_type(self) -> KeyType {
        match self {
            Self::Ecdsa { .. } => KeyType::EC,
            Self::Ed25519 => KeyType::EC_EDWARDS,
            Self::Rsa => KeyType::RSA,
        }
    }
}
