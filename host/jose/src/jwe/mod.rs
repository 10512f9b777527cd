//! JSON Web Encryption (RFC 7516): how private keys travel and rest, and whatever else is for one reader only.
//!
//! ```text
//! password ─PBKDF2──┐
//! shared key ───────┼─► key-encryption key ─AES key wrap─► content key ─AES─► the message
//! EC key ─ECDH-ES───┘                                          ▲
//! RSA key ─OAEP────────────────────────────────────────────────┘
//! ```
//!
//! [`encrypt`] and [`decrypt`] are for passwords: `PBES2-HS256+A128KW` with `A256GCM`, what upstream writes.
//! [`encrypt_to`] and [`Received::open`] are for everything of RFC 7518 §4.1. `zip` is refused, `RSA1_5` too unless it
//! is asked for, and the number of rounds is bounded before any is run.

mod aes_gcm_key_wrap;
mod aes_key_wrap;
mod agreement;
mod algorithm;
mod content;
mod header;
mod key;
mod key_management;
mod message;
mod password;
mod pbes2;
mod received;
mod rsa;

use aws_lc_rs::rand;
use zeroize::Zeroizing;

pub use algorithm::{AesSize, KeyManagement};
pub use content::ContentEncryption;
pub use key::{Key, Legacy};
pub use message::Message;
pub use password::{decrypt, decrypt_jwk, encrypt, encrypt_jwk};
pub use received::Received;

use crate::JoseError;
use header::{Header, ProtectedHeader};

/// What the header of a new message says.
#[derive(Clone, Copy, Debug)]
pub struct Encryption<'a> {
    /// How the content key reaches the recipient.
    pub algorithm: KeyManagement,
    /// How the content is encrypted.
    pub encryption: ContentEncryption,
    /// The name of the recipient's key.
    pub kid: Option<&'a str>,
    /// The media type of the whole.
    pub typ: Option<&'a str>,
    /// The media type of the content, without `application/`.
    pub cty: Option<&'a str>,
}

/// Encrypts octets for the holder of a key.
///
/// # Errors
/// A key that is not for this: of another type or length, or kept for something else by its `alg`, `use` or `key_ops`;
/// as [`encrypt`] for passwords.
pub fn encrypt_to(plaintext: &[u8], parameters: &Encryption<'_>, key: Key<'_>) -> Result<Message, JoseError> {
    let Encryption { algorithm, encryption, kid, typ, cty } = *parameters;
    let mut header = ProtectedHeader::default();
    header.set("alg", algorithm.name());
    header.set("enc", encryption.name());
    for (name, value) in [("kid", kid), ("typ", typ), ("cty", cty)] {
        if let Some(value) = value {
            header.set(name, value);
        }
    }
    let produced = key_management::produce(algorithm, encryption, key, &mut header)?;
    let protected = header.encode();
    let sealed = encryption.seal(&produced.content_key, protected.as_bytes(), plaintext)?;
    Ok(Message {
        protected,
        unprotected: None,
        aad: None,
        encrypted_key: produced.encrypted_key,
        iv: sealed.iv,
        ciphertext: sealed.ciphertext,
        tag: sealed.tag,
    })
}

fn random(length: usize) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let mut octets = Zeroizing::new(vec![0; length]);
    rand::fill(&mut octets).map_err(|_| JoseError::Library("give random octets"))?;
    Ok(octets)
}

fn random_array<const N: usize>() -> Result<[u8; N], JoseError> {
    let mut octets = [0; N];
    rand::fill(&mut octets).map_err(|_| JoseError::Library("give random octets"))?;
    Ok(octets)
}
