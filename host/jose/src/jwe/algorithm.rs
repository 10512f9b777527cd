//! How a content key reaches its recipient (RFC 7518 §4.1).

use std::fmt;

/// Sizes of an AES key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AesSize {
    /// 128 bits.
    A128,
    /// 192 bits.
    A192,
    /// 256 bits.
    A256,
}

impl AesSize {
    /// Octets of the key.
    pub const fn octets(self) -> usize {
        match self {
            Self::A128 => 16,
            Self::A192 => 24,
            Self::A256 => 32,
        }
    }
}

/// The value of `alg` of an encrypted message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyManagement {
    /// RSAES-PKCS1-v1_5: for old messages, and only where somebody asks for it (RFC 8725 §3.2).
    Rsa15,
    /// RSAES-OAEP with SHA-1, the default of RFC 8017 §A.2.1.
    RsaOaep,
    /// RSAES-OAEP with SHA-256.
    RsaOaep256,
    /// AES key wrap (RFC 3394).
    AesKeyWrap(AesSize),
    /// AES-GCM around the content key.
    AesGcmKeyWrap(AesSize),
    /// The shared key is the content key.
    Direct,
    /// The agreed key is the content key.
    EcdhEs,
    /// The agreed key wraps the content key.
    EcdhEsKeyWrap(AesSize),
    /// The key of a password wraps the content key; the hash of PBKDF2 is twice as long as the AES key.
    Pbes2(AesSize),
}

impl KeyManagement {
    /// Every algorithm, in the order of RFC 7518 §4.1.
    pub const ALL: [Self; 17] = [
        Self::Rsa15,
        Self::RsaOaep,
        Self::RsaOaep256,
        Self::AesKeyWrap(AesSize::A128),
        Self::AesKeyWrap(AesSize::A192),
        Self::AesKeyWrap(AesSize::A256),
        Self::Direct,
        Self::EcdhEs,
        Self::EcdhEsKeyWrap(AesSize::A128),
        Self::EcdhEsKeyWrap(AesSize::A192),
        Self::EcdhEsKeyWrap(AesSize::A256),
        Self::AesGcmKeyWrap(AesSize::A128),
        Self::AesGcmKeyWrap(AesSize::A192),
        Self::AesGcmKeyWrap(AesSize::A256),
        Self::Pbes2(AesSize::A128),
        Self::Pbes2(AesSize::A192),
        Self::Pbes2(AesSize::A256),
    ];

    /// The value of `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa15 => "RSA1_5",
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::AesKeyWrap(AesSize::A128) => "A128KW",
            Self::AesKeyWrap(AesSize::A192) => "A192KW",
            Self::AesKeyWrap(AesSize::A256) => "A256KW",
            Self::AesGcmKeyWrap(AesSize::A128) => "A128GCMKW",
            Self::AesGcmKeyWrap(AesSize::A192) => "A192GCMKW",
            Self::AesGcmKeyWrap(AesSize::A256) => "A256GCMKW",
            Self::Direct => "dir",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsKeyWrap(AesSize::A128) => "ECDH-ES+A128KW",
            Self::EcdhEsKeyWrap(AesSize::A192) => "ECDH-ES+A192KW",
            Self::EcdhEsKeyWrap(AesSize::A256) => "ECDH-ES+A256KW",
            Self::Pbes2(AesSize::A128) => "PBES2-HS256+A128KW",
            Self::Pbes2(AesSize::A192) => "PBES2-HS384+A192KW",
            Self::Pbes2(AesSize::A256) => "PBES2-HS512+A256KW",
        }
    }

    /// The algorithm of that name; names are case-sensitive (RFC 7516 §4.1.1).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for KeyManagement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
