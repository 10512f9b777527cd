//! JSON Web Encryption under a password (RFC 7516, RFC 7518 §4.8): how private keys travel and rest.
//!
//! ```text
//! password ─PBKDF2─► key-encryption key ─AES key wrap─► content key ─AES-GCM─► the message
//! ```
//!
//! Written are `PBES2-HS256+A128KW` with `A256GCM`, what upstream writes. Read are also `PBES2-HS512+A256KW`, the other
//! AES-GCM sizes and the AES-CBC-HMAC family. `zip` is refused, and the number of rounds is bounded before any is run.

mod content;
mod header;
mod message;
mod pbes2;

use aws_lc_rs::rand;
use zeroize::Zeroizing;

pub use message::Message;

use crate::{JoseError, Jwk, limits};
use content::ContentEncryption;
use header::{Header, ProtectedHeader};
use pbes2::KeyEncryption;

/// Encrypts a private JWK as upstream stores one in `ca.json`: compact, `PBES2-HS256+A128KW`, `A256GCM`.
///
/// # Errors
/// [`JoseError::NoPrivateKey`], and as [`encrypt`].
pub fn encrypt_jwk(jwk: &Jwk, password: &[u8], iterations: u32) -> Result<String, JoseError> {
    let json = jwk.to_private_json()?;
    Ok(encrypt(json.as_bytes(), "jwk+json", password, iterations)?.to_compact())
}

/// Decrypts a private or public JWK, from the compact or the JSON serialization.
///
/// # Errors
/// As [`decrypt`] and [`Jwk::from_json`].
pub fn decrypt_jwk(text: &str, password: &[u8]) -> Result<Jwk, JoseError> {
    Jwk::from_slice(&decrypt(text, password)?)
}

/// Encrypts octets of a media type (`cty`, without `application/`). Readers elsewhere refuse more than 1,000,000
/// iterations.
///
/// # Errors
/// [`JoseError::EmptyPassword`], [`JoseError::Iterations`] outside [`limits::PBES2_ITERATIONS`].
pub fn encrypt(plaintext: &[u8], cty: &str, password: &[u8], iterations: u32) -> Result<Message, JoseError> {
    if password.is_empty() {
        return Err(JoseError::EmptyPassword);
    }
    if !limits::PBES2_ITERATIONS.contains(&iterations) {
        return Err(JoseError::Iterations(iterations.into()));
    }
    let (key_encryption, encryption) = (KeyEncryption::Hs256A128Kw, ContentEncryption::A256Gcm);
    let salt: [u8; 16] = random()?;
    let content_key = Zeroizing::new(random::<32>()?);
    let protected = ProtectedHeader::new(key_encryption, encryption, cty, iterations, &salt).encode();
    let encrypted_key = key_encryption.wrap(password, &salt, iterations, content_key.as_slice())?;
    let iv: [u8; 12] = random()?;
    let (ciphertext, tag) = content::seal_gcm(content_key.as_slice(), iv, protected.as_bytes(), plaintext)?;
    Ok(Message { protected, unprotected: None, aad: None, encrypted_key, iv: iv.to_vec(), ciphertext, tag })
}

/// Decrypts a message in the compact, the flattened or the general serialization with one recipient.
///
/// # Errors
/// A message over 64 KiB or not of the form, an algorithm that is not supported, too few or too many rounds, and
/// [`JoseError::Decryption`] when the password is wrong or anything was changed.
pub fn decrypt(text: &str, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let message = Message::parse(text)?;
    let header = Header::parse(&message)?;
    let content_key =
        header.key_encryption.unwrap(password, &header.salt, header.iterations, &message.encrypted_key)?;
    header.encryption.open(&content_key, &message)
}

fn random<const N: usize>() -> Result<[u8; N], JoseError> {
    let mut octets = [0; N];
    rand::fill(&mut octets).map_err(|_| JoseError::Library("give random octets"))?;
    Ok(octets)
}
