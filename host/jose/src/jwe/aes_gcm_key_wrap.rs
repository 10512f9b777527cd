//! AES-GCM around a content key (RFC 7518 §4.7).

use zeroize::Zeroizing;

use super::{AesSize, ContentEncryption, Header, Message, ProtectedHeader};
use crate::{JoseError, base64url};

/// Wraps a content key; nonce and tag go into the header.
pub(super) fn wrap(
    size: AesSize,
    kek: &[u8],
    content_key: &[u8],
    header: &mut ProtectedHeader,
) -> Result<Vec<u8>, JoseError> {
    let sealed = encryption(size).seal(kek, &[], content_key)?;
    header.set("iv", base64url::encode(sealed.iv));
    header.set("tag", base64url::encode(sealed.tag));
    Ok(sealed.ciphertext)
}

/// The content key; the tag has been checked.
pub(super) fn unwrap(
    size: AesSize,
    kek: &[u8],
    wrapped: &[u8],
    header: &Header,
) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    // The wrapped key is a small message of its own, without additional data.
    let message = Message {
        protected: String::new(),
        unprotected: None,
        aad: None,
        encrypted_key: Vec::new(),
        iv: header.octets("iv")?,
        ciphertext: wrapped.to_vec(),
        tag: header.octets("tag")?,
    };
    encryption(size).open(kek, &message)
}

const fn encryption(size: AesSize) -> ContentEncryption {
    match size {
        AesSize::A128 => ContentEncryption::A128Gcm,
        AesSize::A192 => ContentEncryption::A192Gcm,
        AesSize::A256 => ContentEncryption::A256Gcm,
    }
}
