//! Content encryption (RFC 7518 §5).

use std::fmt;

use aws_lc_rs::{
    aead::{self, AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{
        self, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
        UnboundCipherKey,
    },
    hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512},
    iv::FixedLength,
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Message, random_array};
use crate::JoseError;

/// The value of `enc`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContentEncryption {
    /// AES-GCM with 128 bits.
    A128Gcm,
    /// AES-GCM with 192 bits.
    A192Gcm,
    /// AES-GCM with 256 bits.
    A256Gcm,
    /// AES-CBC with 128 bits, and HMAC with SHA-256.
    A128CbcHs256,
    /// AES-CBC with 192 bits, and HMAC with SHA-384.
    A192CbcHs384,
    /// AES-CBC with 256 bits, and HMAC with SHA-512.
    A256CbcHs512,
}

/// What the encryption of a content gives besides its key.
pub(super) struct Sealed {
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

const FAILED: JoseError = JoseError::Library("encrypt");

impl ContentEncryption {
    /// Every encryption, in the order of their names.
    pub const ALL: [Self; 6] =
        [Self::A128Gcm, Self::A192Gcm, Self::A256Gcm, Self::A128CbcHs256, Self::A192CbcHs384, Self::A256CbcHs512];

    /// The value of `enc`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A192Gcm => "A192GCM",
            Self::A256Gcm => "A256GCM",
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A192CbcHs384 => "A192CBC-HS384",
            Self::A256CbcHs512 => "A256CBC-HS512",
        }
    }

    /// The encryption of that name; names are case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encryption| encryption.name() == name)
    }

    /// Octets of the content key (RFC 7518 §5.1).
    pub const fn key_length(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A192Gcm => 24,
            Self::A256Gcm | Self::A128CbcHs256 => 32,
            Self::A192CbcHs384 => 48,
            Self::A256CbcHs512 => 64,
        }
    }

    /// Encrypts under a content key of [`ContentEncryption::key_length`] that is used for nothing else.
    pub(super) fn seal(self, key: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Sealed, JoseError> {
        match self {
            Self::A128Gcm => seal_gcm(&AES_128_GCM, key, aad, plaintext),
            Self::A192Gcm => seal_gcm(&AES_192_GCM, key, aad, plaintext),
            Self::A256Gcm => seal_gcm(&AES_256_GCM, key, aad, plaintext),
            Self::A128CbcHs256 => seal_cbc(&cipher::AES_128, HMAC_SHA256, key, aad, plaintext),
            Self::A192CbcHs384 => seal_cbc(&cipher::AES_192, HMAC_SHA384, key, aad, plaintext),
            Self::A256CbcHs512 => seal_cbc(&cipher::AES_256, HMAC_SHA512, key, aad, plaintext),
        }
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

/// AES-GCM under a fresh nonce; the key is used once.
fn seal_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Sealed, JoseError> {
    let iv: [u8; 12] = random_array()?;
    let mut ciphertext = plaintext.to_vec();
    let tag = UnboundKey::new(algorithm, key)
        .map(LessSafeKey::new)
        .and_then(|key| {
            key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad), &mut ciphertext)
        })
        .map_err(|_| FAILED)?;
    Ok(Sealed { iv: iv.to_vec(), ciphertext, tag: tag.as_ref().to_vec() })
}

/// AES-CBC with an HMAC over everything (RFC 7518 §5.2.2.1).
fn seal_cbc(
    algorithm: &'static cipher::Algorithm,
    mac: hmac::Algorithm,
    key: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Sealed, JoseError> {
    let (mac_key, cipher_key) = key.split_at_checked(key.len() / 2).ok_or(FAILED)?;
    let iv: [u8; 16] = random_array()?;
    let mut ciphertext = plaintext.to_vec();
    UnboundCipherKey::new(algorithm, cipher_key)
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .and_then(|key| key.less_safe_encrypt(&mut ciphertext, EncryptionContext::Iv128(FixedLength::from(iv))))
        .map_err(|_| FAILED)?;
    let tag = cbc_tag(mac, mac_key, aad, &iv, &ciphertext).ok_or(FAILED)?;
    Ok(Sealed { iv: iv.to_vec(), ciphertext, tag })
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
    let tag = cbc_tag(mac, mac_key, &aad, &iv, &message.ciphertext)?;
    if !bool::from(tag.ct_eq(&message.tag)) {
        return None;
    }
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, cipher_key).ok()?).ok()?;
    let mut text = Zeroizing::new(message.ciphertext.clone());
    let length = key.decrypt(&mut text, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?.len();
    text.truncate(length);
    Some(text)
}

/// Half of the HMAC over the additional data, the vector, the ciphertext and the length of the first in bits
/// (RFC 7518 §5.2.2.1).
fn cbc_tag(mac: hmac::Algorithm, key: &[u8], aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(mac, key));
    for part in [aad, iv, ciphertext, &(aad.len() as u64).saturating_mul(8).to_be_bytes()] {
        context.update(part);
    }
    let tag = context.sign();
    let (tag, _) = tag.as_ref().split_at_checked(mac.digest_algorithm().output_len() / 2)?;
    Some(tag.to_vec())
}

impl fmt::Display for ContentEncryption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7518 §B.1, §B.2 and §B.3: the vector and the tag of the published plaintext.
    #[test]
    fn the_tags_of_the_published_ciphertexts_are_found() {
        let text = b"A cipher system must not be required to be secret, and it must be able to fall into the hands of \
                     the enemy without inconvenience";
        let aad = b"The second principle of Auguste Kerckhoffs";
        let iv: [u8; 16] = hex::decode("1af38c2dc2b96ffdd86694092341bc04").unwrap().try_into().unwrap();
        for (algorithm, mac, half, tag) in [
            (&cipher::AES_128, HMAC_SHA256, 16, "652c3fa36b0a7c5b3219fab3a30bc1c4"),
            (&cipher::AES_192, HMAC_SHA384, 24, "8490ac0e58949bfe51875d733f93ac2075168039ccc733d7"),
            (&cipher::AES_256, HMAC_SHA512, 32, "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5"),
        ] {
            let key: Vec<u8> = (0..2 * half).collect();
            let (mac_key, cipher_key) = key.split_at(usize::from(half));
            let mut ciphertext = text.to_vec();
            PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, cipher_key).unwrap())
                .unwrap()
                .less_safe_encrypt(&mut ciphertext, EncryptionContext::Iv128(FixedLength::from(iv)))
                .unwrap();
            let made = cbc_tag(mac, mac_key, aad, &iv, &ciphertext).unwrap();
            assert_eq!(hex::encode(made), tag);
        }
    }
}
