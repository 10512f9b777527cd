//! The boundary behind which a private key lives.
//!
//! A key in memory implements [`Signer`]; so can one in hardware or behind a
//! network. The rest of the room never sees more of a private key than this.

use thiserror::Error;

use crate::public_key::{Curve, KeyKind};

/// How a signature is made. Follows from the key; there is nothing to choose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignatureAlgorithm {
    /// ecdsa-with-SHA256 (RFC 5758 §3.2), for P-256.
    EcdsaSha256,
    /// ecdsa-with-SHA384 (RFC 5758 §3.2), for P-384.
    EcdsaSha384,
    /// ecdsa-with-SHA512 (RFC 5758 §3.2), for P-521.
    EcdsaSha512,
    /// sha256WithRSAEncryption (RFC 4055 §5), for RSA.
    RsaSha256,
    /// id-Ed25519 (RFC 8410 §6).
    Ed25519,
}

impl SignatureAlgorithm {
    /// The one that keys of this kind sign with; none when they do not sign here.
    pub fn of(kind: KeyKind) -> Option<Self> {
        match kind {
            KeyKind::Ec(Curve::P256) => Some(Self::EcdsaSha256),
            KeyKind::Ec(Curve::P384) => Some(Self::EcdsaSha384),
            KeyKind::Ec(Curve::P521) => Some(Self::EcdsaSha512),
            KeyKind::Ed25519 => Some(Self::Ed25519),
            KeyKind::Rsa { .. } => Some(Self::RsaSha256),
            KeyKind::Other(_) => None,
        }
    }
}

/// Makes signatures with one private key.
///
/// A key in hardware or behind a network is one more implementation:
///
/// ```
/// use step_authority::keys::{KeySpec, PrivateKey, SignatureAlgorithm, Signer, SignerError};
///
/// /// What a client of a key service would offer.
/// struct Service(PrivateKey);
///
/// impl Service {
///     fn ask(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
///         self.0.sign(message).map_err(|_| Failure::Connect)
///     }
/// }
///
/// enum Failure {
///     /// The question never left.
///     Connect,
///     /// The answer did not come.
///     TimedOut,
/// }
///
/// /// A key of the service; its public half was asked for once, at the start.
/// struct RemoteKey {
///     service: Service,
///     public_key: Vec<u8>,
/// }
///
/// impl Signer for RemoteKey {
///     fn algorithm(&self) -> SignatureAlgorithm {
///         SignatureAlgorithm::EcdsaSha256
///     }
///
///     fn public_key(&self) -> &[u8] {
///         &self.public_key
///     }
///
///     fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
///         self.service.ask(message).map_err(|failure| match failure {
///             Failure::Connect => SignerError::Unavailable { reason: "no connection".to_owned() },
///             Failure::TimedOut => SignerError::OutcomeUnknown { reason: "no answer in time".to_owned() },
///         })
///     }
///
///     fn signs_elsewhere(&self) -> bool {
///         true
///     }
/// }
///
/// let key = PrivateKey::generate(KeySpec::EcP256)?;
/// let public_key = key.public_key().to_vec();
/// let remote = RemoteKey { service: Service(key), public_key };
/// assert!(remote.sign(b"message").is_ok());
/// # Ok::<(), step_authority::keys::PrivateKeyError>(())
/// ```
pub trait Signer: Send + Sync {
    /// The algorithm of every signature this signer makes.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// The public half: a SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7).
    fn public_key(&self) -> &[u8];

    /// Signs `message`, hashing it as the algorithm asks. The result is what
    /// the BIT STRING of an X.509 signature holds: for ECDSA the DER of
    /// Ecdsa-Sig-Value (RFC 3279 §2.2.3).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;

    /// Whether the key is somewhere else, in hardware or behind a network, so
    /// that a signature may exist although nobody here has seen it. The CA
    /// then keeps what it is about to sign before it asks, and waits for the
    /// answer where waiting keeps nobody else.
    fn signs_elsewhere(&self) -> bool {
        false
    }
}

/// A signature could not be made.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SignerError {
    /// The cryptographic library refused; it does not say why.
    #[error("the key could not make a signature")]
    Refused,
    /// Hardware or a remote signer could not be asked: it has signed nothing.
    #[error("the signer is not available: {reason}")]
    Unavailable {
        /// What the signer's side reported.
        reason: String,
    },
    /// Hardware or a remote signer was asked, and its answer did not come or
    /// is none: whether it has signed is not known.
    #[error("the signer was asked and gave no signature: {reason}")]
    OutcomeUnknown {
        /// What the signer's side reported.
        reason: String,
    },
}
