//! Content encryption (RFC 7518 §5).

use aws_lc_rs::{
    aead::{self, AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{self, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
    hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512},
    iv::FixedLength,
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Message;
use crate::JoseError;

/// The value of `enc`.
#[derive(Clone, Copy)]
pub(super) enum ContentEncryption {
    A128Gcm,
    A192Gcm,
    A256Gcm,
    A128CbcHs256,
    A192CbcHs384,
    A256CbcHs512,
}

impl ContentEncryption {
    const ALL: [Self; 6] =
        [Self::A128Gcm, Self::A192Gcm, Self::A256Gcm, Self::A128CbcHs256, Self::A192CbcHs384, Self::A256CbcHs512];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A192Gcm => "A192GCM",
            Self::A256Gcm => "A256GCM",
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A192CbcHs384 => "A192CBC-HS384",
            Self::A256CbcHs512 => "A256CBC-HS512",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encryption| encryption.name() == name)
    }

    /// Decrypts. Nothing of the plaintext is handed out before the tag is good.
    pub(super) fn open(self, key: &[u8], message: &Message) -> Result<Zeroizing<Vec<u8>>, JoseError> {
        match self {
            Self::A128Gcm => open_gcm(&AES_128_GCM, key, message),
            Self::A192Gcm => open_gcm(&AES_192_GCM, key, message),
            Self::A256Gcm => open_gcm(&AES_256_GCM, key, message),
            Self::A128CbcHs256 => open_cbc(&cipher::AES_128, HMAC_SHA256, key, message),
            Self::A192CbcHs384 => open_cbc(&cipher::AES_192, HMAC_SHA384, key, message),
            Self::A256CbcHs512 => open_cbc(&cipher::AES_256, HMAC_SHA512, key, message),
        }
        .ok_or(JoseError::Decryption)
    }
}

/// Encrypts with AES-256-GCM: ciphertext and tag.
pub(super) fn seal_gcm(
    key: &[u8],
    iv: [u8; 12],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), JoseError> {
    let mut text = plaintext.to_vec();
    UnboundKey::new(&AES_256_GCM, key)
        .map(LessSafeKey::new)
        .and_then(|key| key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad), &mut text))
        .map(|tag| (text, tag.as_ref().to_vec()))
        .map_err(|_| JoseError::Library("encrypt"))
}

/// AES-GCM with a nonce of 96 bits and a tag of 128 (RFC 7518 §5.3).
fn open_gcm(algorithm: &'static aead::Algorithm, key: &[u8], message: &Message) -> Option<Zeroizing<Vec<u8>>> {
    if message.tag.len() != 16 {
        return None;
    }
    let nonce = Nonce::try_assume_unique_for_key(&message.iv).ok()?;
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let mut text = Zeroizing::new(message.ciphertext.clone());
    let aad = message.additional_data();
    key.open_in_place_separate_tag(nonce, Aad::from(aad), &message.tag, &mut text).ok()?;
    Some(text)
}

/// AES-CBC with an HMAC over everything (RFC 7518 §5.2.2): half of the key authenticates, half encrypts, and half of
/// the HMAC is the tag.
fn open_cbc(
    algorithm: &'static cipher::Algorithm,
    mac: hmac::Algorithm,
    key: &[u8],
    message: &Message,
) -> Option<Zeroizing<Vec<u8>>> {
    let half = mac.digest_algorithm().output_len() / 2;
    if Some(key.len()) != half.checked_mul(2) {
        return None;
    }
    let (mac_key, cipher_key) = key.split_at_checked(half)?;
    let iv: [u8; 16] = message.iv.as_slice().try_into().ok()?;
    let aad = message.additional_data();
    let mut context = hmac::Context::with_key(&hmac::Key::new(mac, mac_key));
    context.update(&aad);
    context.update(&iv);
    context.update(&message.ciphertext);
    context.update(&(aad.len() as u64).saturating_mul(8).to_be_bytes());
    let tag = context.sign();
    let (tag, _) = tag.as_ref().split_at_checked(half)?;
    if !bool::from(tag.ct_eq(&message.tag)) {
        return None;
    }
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, cipher_key).ok()?).ok()?;
    let mut text = Zeroizing::new(message.ciphertext.clone());
    let length = key.decrypt(&mut text, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?.len();
    text.truncate(length);
    Some(text)
}
