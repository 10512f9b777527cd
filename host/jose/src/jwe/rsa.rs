//! Content keys encrypted to an RSA key (RFC 7518 §4.2, §4.3).

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey,
};
use zeroize::Zeroizing;

use super::{ContentEncryption, KeyManagement, random};
use crate::{JoseError, Jwk};

const FAILED: JoseError = JoseError::Library("encrypt a key");

pub(super) fn encrypt(algorithm: KeyManagement, recipient: &Jwk, content_key: &[u8]) -> Result<Vec<u8>, JoseError> {
    let key = recipient.rsa_encrypting()?;
    let mut encrypted = vec![0; key.key_size_bytes()];
    let length = match oaep(algorithm) {
        Some(oaep) => OaepPublicEncryptingKey::new(key)
            .and_then(|key| key.encrypt(oaep, content_key, &mut encrypted, None).map(|octets| octets.len())),
        None => Pkcs1PublicEncryptingKey::new(key)
            .and_then(|key| key.encrypt(content_key, &mut encrypted).map(|octets| octets.len())),
    };
    encrypted.truncate(length.map_err(|_| FAILED)?);
    Ok(encrypted)
}

/// The content key. With `RSA1_5` there is always one: whether the padding was wrong or the content is damaged has to
/// look alike (RFC 7516 §11.5).
pub(super) fn decrypt(
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    recipient: &Jwk,
    encrypted: &[u8],
) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let key = recipient.rsa_decrypting()?;
    if encrypted.len() != key.key_size_bytes() {
        return Err(JoseError::Decryption);
    }
    let mut opened = Zeroizing::new(vec![0; encrypted.len()]);
    let Some(oaep) = oaep(algorithm) else {
        let substitute = random(encryption.key_length())?;
        let length = Pkcs1PrivateDecryptingKey::new(key)
            .and_then(|key| key.decrypt(encrypted, &mut opened).map(|octets| octets.len()));
        opened.truncate(length.unwrap_or_default());
        return Ok(if opened.len() == substitute.len() { opened } else { substitute });
    };
    let length = OaepPrivateDecryptingKey::new(key)
        .and_then(|key| key.decrypt(oaep, encrypted, &mut opened, None).map(|octets| octets.len()));
    opened.truncate(length.map_err(|_| JoseError::Decryption)?);
    Ok(opened)
}

/// Nothing for `RSA1_5`.
fn oaep(algorithm: KeyManagement) -> Option<&'static OaepAlgorithm> {
    match algorithm {
        KeyManagement::RsaOaep => Some(&OAEP_SHA1_MGF1SHA1),
        KeyManagement::RsaOaep256 => Some(&OAEP_SHA256_MGF1SHA256),
        _ => None,
    }
}
