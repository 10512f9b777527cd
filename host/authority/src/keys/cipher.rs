//! Block ciphers in CBC mode with PKCS#7 padding, as key files use them.
//!
//! The modes are RustCrypto's: DES, which old files need, is not in the
//! library that does everything else.

use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
    block_padding::Pkcs7,
};
use zeroize::Zeroizing;

/// A cipher of an encrypted key. DES is read and never written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cipher {
    Des,
    TripleDes,
    Aes128,
    Aes192,
    Aes256,
}

impl Cipher {
    pub(super) const ALL: [Self; 5] = [Self::Des, Self::TripleDes, Self::Aes128, Self::Aes192, Self::Aes256];

    /// Its name in `DEK-Info`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Des => "DES-CBC",
            Self::TripleDes => "DES-EDE3-CBC",
            Self::Aes128 => "AES-128-CBC",
            Self::Aes192 => "AES-192-CBC",
            Self::Aes256 => "AES-256-CBC",
        }
    }

    /// Octets of its key.
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Des => 8,
            Self::Aes128 => 16,
            Self::TripleDes | Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Decrypts; nothing when a length or the padding is wrong.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Des => decrypt::<des::Des>(key, iv, ciphertext),
            Self::TripleDes => decrypt::<des::TdesEde3>(key, iv, ciphertext),
            Self::Aes128 => decrypt::<aes::Aes128>(key, iv, ciphertext),
            Self::Aes192 => decrypt::<aes::Aes192>(key, iv, ciphertext),
            Self::Aes256 => decrypt::<aes::Aes256>(key, iv, ciphertext),
        }
    }
}

/// Encrypts with AES-256, the only cipher that is written.
pub(super) fn encrypt_aes256(key: &[u8; 32], iv: &[u8; 16], plaintext: &[u8]) -> Vec<u8> {
    encrypt::<aes::Aes256>(key, iv, plaintext)
        .expect("key, initialization vector and buffer have the lengths of AES-256")
}

fn decrypt<C: BlockCipherDecrypt + KeyInit>(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let decryptor = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    let length = decryptor.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

fn encrypt<C: BlockCipherEncrypt + KeyInit>(key: &[u8], iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    // Padding adds one to a whole block.
    let mut buffer = plaintext.to_vec();
    buffer.resize(plaintext.len() + C::block_size(), 0);
    let encryptor = cbc::Encryptor::<C>::new_from_slices(key, iv).ok()?;
    let length = encryptor.encrypt_padded::<Pkcs7>(&mut buffer, plaintext.len()).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}
