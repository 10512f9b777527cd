//! What can be wrong with a key, a token or an encrypted message.

/// Why a key, a token or an encrypted message is refused. No variant carries a secret or a whole token; texts that
/// came from outside are quoted and escaped.
#[derive(Debug, thiserror::Error)]
pub enum JoseError {
    /// Larger than a limit of [`crate::limits`].
    #[error("{what} has {length} octets, more than {limit}")]
    TooLong {
        /// Which part.
        what: &'static str,
        /// Its length in octets.
        length: usize,
        /// The most it may have.
        limit: usize,
    },

    /// More elements than a limit of [`crate::limits`].
    #[error("{what} has {count} elements, more than {limit}")]
    TooMany {
        /// Which list.
        what: &'static str,
        /// Its elements.
        count: usize,
        /// The most it may have.
        limit: usize,
    },

    /// Not a compact serialization (RFC 7515 §3.1, RFC 7516 §3.1).
    #[error("a compact serialization has {want} parts separated by dots, not {got}")]
    Parts {
        /// Parts found.
        got: usize,
        /// Parts expected.
        want: usize,
    },

    /// Padding, white space, a foreign character or non-zero trailing bits (RFC 7515 §2, RFC 4648 §3.5).
    #[error("{0} is not base64url without padding")]
    Base64url(&'static str),

    /// Not JSON (RFC 8259), a member twice, or nested deeper than [`crate::limits::JSON_DEPTH`].
    #[error("{what} is not acceptable JSON")]
    Json {
        /// Which part.
        what: &'static str,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },

    /// A required member is not there.
    #[error("{what} has no {member:?}")]
    Missing {
        /// Which object.
        what: &'static str,
        /// The member.
        member: &'static str,
    },

    /// A member has a value it cannot have. A wrong type is never read as absent (RFC 7519 §4.1).
    #[error("{member:?} of {what} is not {want}")]
    Member {
        /// Which object.
        what: &'static str,
        /// The member.
        member: &'static str,
        /// What it has to be.
        want: &'static str,
    },

    /// A header parameter that changes the meaning of the message and is not understood (RFC 7515 §4.1.11).
    #[error("header parameter {0:?} is not supported")]
    UnsupportedHeader(&'static str),

    /// A header parameter both protected and unprotected (RFC 7516 §7.2.1).
    #[error("a header parameter appears more than once")]
    HeaderTwice,

    /// Nothing was signed with (RFC 7515 §5.2).
    #[error("the signature is empty")]
    EmptySignature,

    /// `none`, a MAC, an unknown name, or an algorithm that is not the key's (RFC 8725 §3.1).
    #[error("algorithm {0:?} is not one of this key's")]
    AlgorithmNotAllowed(String),

    /// The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,

    /// A symmetric key: it would let a verifier sign.
    #[error("a symmetric key is not supported, the key types are EC, RSA and OKP")]
    SymmetricKey,

    /// A private or symmetric key among keys to verify with, which anybody may see.
    #[error("a key to verify with holds a secret; only its public part belongs here")]
    SecretKey,

    /// Not one of `EC`, `RSA` and `OKP`.
    #[error("key type {0:?} is not supported, the key types are EC, RSA and OKP")]
    KeyType(String),

    /// Not one of the curves of the key type.
    #[error("curve {0:?} is not supported, the curves are P-256, P-384, P-521 and Ed25519")]
    Curve(String),

    /// The numbers do not make a key: not on the curve, too weak, or a private part that belongs to another.
    #[error("the key is not valid: {0}")]
    InvalidKey(&'static str),

    /// `use` or `key_ops` reserve the key for something else (RFC 7517 §4.2, §4.3).
    #[error("the key may not be used to {0}")]
    KeyUse(&'static str),

    /// A public key where a private one is needed.
    #[error("the key has no private part")]
    NoPrivateKey,

    /// A JWE algorithm that is not implemented.
    #[error("{member:?} {value:?} of an encrypted message is not supported")]
    UnsupportedEncryption {
        /// `alg` or `enc`.
        member: &'static str,
        /// What it says.
        value: String,
    },

    /// A symmetric key of another length than the algorithm needs.
    #[error("the key has {got} octets, the algorithm needs {want}")]
    KeyLength {
        /// Octets of the key.
        got: usize,
        /// Octets wanted; for a MAC, at least (RFC 7518 §3.2).
        want: usize,
    },

    /// A key that is said to be shared and secret, and is neither: the classic way to forge a MAC (RFC 8725 §2.1).
    #[error("the key is a public key; its octets are no secret")]
    PublicSecret,

    /// `RSA1_5`, which tells its secrets to who may ask often enough.
    #[error("algorithm \"RSA1_5\" is refused unless it is asked for")]
    Legacy,

    /// `p2c` outside [`crate::limits::PBES2_ITERATIONS`].
    #[error("{0} iterations are not between 1000 and 2000000")]
    Iterations(u64),

    /// An empty password protects nothing.
    #[error("the password is empty")]
    EmptyPassword,

    /// Wrong password, wrong key or damaged message: nobody can tell which.
    #[error("the password or the key is wrong, or the message is damaged")]
    Decryption,

    /// The cryptographic library failed without a fault of the input.
    #[error("the cryptographic library failed to {0}")]
    Library(&'static str),
}

/// The start of a text from outside: enough to recognise it, too little to flood a log.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(32).collect()
}
