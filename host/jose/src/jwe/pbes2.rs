//! Key encryption with a password (RFC 7518 §4.8).

use std::num::NonZeroU32;

use aws_lc_rs::{
    key_wrap::{AES_128, AES_256, AesBlockCipher, AesKek, KeyWrap},
    pbkdf2::{self, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512},
};
use zeroize::Zeroizing;

use crate::JoseError;

/// Hash of PBKDF2 and size of the AES key wrap. `PBES2-HS384+A192KW` is left out: the library has no AES-192 key wrap.
#[derive(Clone, Copy)]
pub(super) enum KeyEncryption {
    Hs256A128Kw,
    Hs512A256Kw,
}

impl KeyEncryption {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hs256A128Kw => "PBES2-HS256+A128KW",
            Self::Hs512A256Kw => "PBES2-HS512+A256KW",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Hs256A128Kw, Self::Hs512A256Kw].into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(super) fn wrap(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        content_key: &[u8],
    ) -> Result<Vec<u8>, JoseError> {
        let mut wrapped = vec![0; content_key.len().saturating_add(BLOCK)];
        self.kek(password, salt, iterations)?
            .wrap(content_key, &mut wrapped)
            .map_err(|_| JoseError::Library("wrap a key"))?;
        Ok(wrapped)
    }

    /// The content key; the integrity value of RFC 3394 §2.2.3 has been checked.
    pub(super) fn unwrap(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, JoseError> {
        let length = wrapped.len().checked_sub(BLOCK).ok_or(JoseError::Decryption)?;
        let mut content_key = Zeroizing::new(vec![0; length]);
        self.kek(password, salt, iterations)?.unwrap(wrapped, &mut content_key).map_err(|_| JoseError::Decryption)?;
        Ok(content_key)
    }

    fn kek(self, password: &[u8], salt: &[u8], iterations: u32) -> Result<AesKek, JoseError> {
        let (cipher, key): (&'static AesBlockCipher, _) = match self {
            Self::Hs256A128Kw => (&AES_128, self.derive::<16>(password, salt, iterations)),
            Self::Hs512A256Kw => (&AES_256, self.derive::<32>(password, salt, iterations)),
        };
        AesKek::new(cipher, &key).map_err(|_| JoseError::Library("make a key-encryption key"))
    }

    /// PBKDF2 with the salt of RFC 7518 §4.8.1.1: name, a zero octet, `p2s`.
    fn derive<const N: usize>(self, password: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<Vec<u8>> {
        let hash = match self {
            Self::Hs256A128Kw => PBKDF2_HMAC_SHA256,
            Self::Hs512A256Kw => PBKDF2_HMAC_SHA512,
        };
        let mut key = Zeroizing::new(vec![0; N]);
        let salt = [self.name().as_bytes(), &[0], salt].concat();
        let iterations = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
        pbkdf2::derive(hash, iterations, &salt, password, &mut key);
        key
    }
}

/// What a key wrap adds, and the unit it works in (RFC 3394 §2.2.1).
const BLOCK: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_password_is_the_one_upstream_derives() {
        let key = KeyEncryption::Hs256A128Kw.derive::<16>(b"password", &(0..16).collect::<Vec<_>>(), 100_000);
        assert_eq!(hex::encode(key), "ea6ca370f853d6726af4a8c90bfbd86c");
    }
}
