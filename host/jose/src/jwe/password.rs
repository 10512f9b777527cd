//! Messages under a password: how private keys rest (RFC 7518 §4.8).

use zeroize::Zeroizing;

use super::{AesSize, ContentEncryption, Encryption, Key, KeyManagement, Message, Received, encrypt_to};
use crate::{JoseError, Jwk};

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
/// [`JoseError::EmptyPassword`], [`JoseError::Iterations`] outside [`crate::limits::PBES2_ITERATIONS`].
pub fn encrypt(plaintext: &[u8], cty: &str, password: &[u8], iterations: u32) -> Result<Message, JoseError> {
    let parameters = Encryption {
        algorithm: KeyManagement::Pbes2(AesSize::A128),
        encryption: ContentEncryption::A256Gcm,
        kid: None,
        typ: None,
        cty: Some(cty),
    };
    encrypt_to(plaintext, &parameters, Key::Password { password, iterations })
}

/// Decrypts a message in the compact, the flattened or the general serialization with one recipient.
///
/// # Errors
/// A message over 64 KiB or not of the form, an algorithm that is not one of a password, too few or too many rounds,
/// and [`JoseError::Decryption`] when the password is wrong or anything was changed.
pub fn decrypt(text: &str, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    // The rounds are the message's.
    Received::parse(text)?.open(Key::Password { password, iterations: 0 })
}
