//! A private key in a token: it signs, and it never leaves.

use authority::{
    Curve, KeyKind, SubjectPublicKeyInfo,
    keys::{SignatureAlgorithm, Signer, SignerError},
};
use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use cryptoki::{
    context::Function,
    error::{Error, RvError},
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
            was_asked |= may_have_signed(&error);
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

/// Whether there may be a signature in spite of the error.
///
/// There is none before `C_Sign`, nor when that says what was wrong when it was called (PKCS #11 v3.0 §5.1). What comes
/// up on the way leaves it open: `CKR_DEVICE_REMOVED` and `CKR_SESSION_CLOSED` are "during the execution",
/// `CKR_DEVICE_ERROR`, `CKR_FUNCTION_FAILED` and `CKR_GENERAL_ERROR` do not say when.
fn may_have_signed(error: &Error) -> bool {
    use RvError as E;
    match error {
        Error::Pkcs11(_, Function::SignInit) => false,
        Error::Pkcs11(value, Function::Sign) => !matches!(
            value,
            E::KeyHandleInvalid
                | E::SessionHandleInvalid
                | E::TokenNotPresent
                | E::UserNotLoggedIn
                | E::DataInvalid
                | E::DataLenRange
        ),
        _ => true,
    }
}

/// A token that was asked may have signed, unless it says that it could not begin.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_wrong_before_the_token_began_says_that_it_has_not_signed() {
        use RvError as E;
        let could_not_begin = [E::KeyHandleInvalid, E::SessionHandleInvalid, E::TokenNotPresent, E::UserNotLoggedIn];
        for value in could_not_begin {
            assert!(!may_have_signed(&Error::Pkcs11(value, Function::Sign)), "{value:?}");
        }
        let on_the_way = [E::DeviceError, E::DeviceRemoved, E::FunctionFailed, E::GeneralError, E::SessionClosed];
        for value in on_the_way {
            assert!(may_have_signed(&Error::Pkcs11(value, Function::Sign)), "{value:?}");
            assert!(!may_have_signed(&Error::Pkcs11(value, Function::SignInit)), "{value:?}");
        }
    }
}
