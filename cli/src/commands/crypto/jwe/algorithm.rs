//! `--alg` and `--enc` of an encrypted message.

use jose::{
    KeyType,
    jwe::{AesSize, ContentEncryption, KeyManagement},
};

use super::super::jose_key::JoseKey;

pub(super) fn key_management(name: &str) -> Result<KeyManagement, &'static str> {
    KeyManagement::from_name(name).ok_or("not a way to encrypt a key")
}

pub(super) fn content_encryption(name: &str) -> Result<ContentEncryption, &'static str> {
    ContentEncryption::from_name(name).ok_or("not a way to encrypt content")
}

/// What a key is used with when neither it nor a flag says. Nothing for one that cannot be used at all.
pub(super) fn default_for(key: &JoseKey) -> Option<KeyManagement> {
    match key {
        JoseKey::Asymmetric(key) => match key.key_type() {
            KeyType::Ec => Some(KeyManagement::EcdhEs),
            KeyType::Rsa => Some(KeyManagement::RsaOaep256),
            KeyType::Okp => None,
        },
        JoseKey::Symmetric(key) => [AesSize::A128, AesSize::A192, AesSize::A256]
            .into_iter()
            .find(|size| size.octets() == key.length())
            .map(KeyManagement::AesGcmKeyWrap),
    }
}
