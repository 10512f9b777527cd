//! What can be wrong with a key or its file.

use thiserror::Error;

use crate::pem::PemError;

/// Why a key could not be made, read or written. Carries no secret.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PrivateKeyError {
    /// Not PEM.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A key file holds one key.
    #[error("there are {found} PEM blocks where one key belongs")]
    NotOneKey {
        /// Number of blocks.
        found: usize,
    },
    /// The block is something else.
    #[error("a PEM {label:?} block is not a {wanted} key")]
    Label {
        /// What the block says it is.
        label: String,
        /// `private` or `public`.
        wanted: &'static str,
    },
    /// The file is encrypted and no password was given.
    #[error("the key is encrypted and needs a password")]
    PasswordNeeded,
    /// The password does not fit, or the file is damaged: nobody can tell.
    #[error("the password is wrong or the key file is damaged")]
    WrongPassword,
    /// RFC 1421 headers that make no sense.
    #[error("the encryption headers of the PEM block are malformed")]
    MalformedHeaders,
    /// PKCS#8 encryption parameters that make no sense.
    #[error("the encryption parameters of the key are malformed")]
    MalformedParameters,
    /// An encryption that is not read.
    #[error("{what} {found} of an encrypted key is not supported")]
    UnsupportedEncryption {
        /// `cipher`, `scheme`, `key derivation` or `pseudo-random function`.
        what: &'static str,
        /// Its name or object identifier.
        found: String,
    },
    /// More rounds of key derivation than a file from elsewhere may ask for.
    #[error("the key file asks for {found} rounds of key derivation, at most {limit} are done")]
    TooManyIterations {
        /// What it asks for.
        found: u64,
        /// The most that are done.
        limit: u32,
    },
    /// A key of another algorithm.
    #[error("keys of algorithm {oid} are not supported; RSA, P-256, P-384, P-521 and Ed25519 are")]
    UnsupportedKey {
        /// Object identifier of the algorithm.
        oid: String,
    },
    /// The key does not parse, is too weak, or its parts do not belong together.
    #[error("the key is not a valid {kind} key")]
    Invalid {
        /// What it should have been.
        kind: &'static str,
    },
    /// RSA keys are made in some sizes only.
    #[error("RSA keys of {bits} bits are not made; 2048, 3072, 4096 and 8192 are")]
    RsaSize {
        /// The size asked for.
        bits: u32,
    },
    /// The cryptographic library failed without a fault of the input.
    #[error("the cryptographic library could not {what}")]
    Library {
        /// What it was asked to do.
        what: &'static str,
    },
}
