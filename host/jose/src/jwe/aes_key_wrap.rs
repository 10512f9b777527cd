//! AES key wrap (RFC 3394). The library has it for keys of 128 and 256 bits; for 192 bits the rounds are here, over its
//! block cipher.

use aws_lc_rs::{
    cipher::{AES_192, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey},
    key_wrap::{AES_128, AES_256, AesKek, KeyWrap},
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::AesSize;
use crate::JoseError;

/// What a key wrap adds, and the unit it works in (RFC 3394 §2.2.1).
const BLOCK: usize = 8;

/// The integrity value (RFC 3394 §2.2.3.1).
const INITIAL: [u8; BLOCK] = [0xA6; BLOCK];

const FAILED: JoseError = JoseError::Library("wrap a key");

/// Wraps a content key of 16 octets or more, a multiple of 8, with a key of the size.
pub(super) fn wrap(size: AesSize, kek: &[u8], content_key: &[u8]) -> Result<Vec<u8>, JoseError> {
    let Some(library) = library(size, kek) else { return wrap_192(kek, content_key).ok_or(FAILED) };
    let mut wrapped = vec![0; content_key.len().saturating_add(BLOCK)];
    library?.wrap(content_key, &mut wrapped).map_err(|_| FAILED)?;
    Ok(wrapped)
}

/// The content key; the integrity value has been checked.
pub(super) fn unwrap(size: AesSize, kek: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let Some(library) = library(size, kek) else { return unwrap_192(kek, wrapped).ok_or(JoseError::Decryption) };
    let length = wrapped.len().checked_sub(BLOCK).ok_or(JoseError::Decryption)?;
    let mut content_key = Zeroizing::new(vec![0; length]);
    library?.unwrap(wrapped, &mut content_key).map_err(|_| JoseError::Decryption)?;
    Ok(content_key)
}

/// Nothing for the size the library leaves out.
fn library(size: AesSize, kek: &[u8]) -> Option<Result<AesKek, JoseError>> {
    let cipher = match size {
        AesSize::A128 => &AES_128,
        AesSize::A192 => return None,
        AesSize::A256 => &AES_256,
    };
    Some(AesKek::new(cipher, kek).map_err(|_| JoseError::Library("make a key-encryption key")))
}

/// RFC 3394 §2.2.1.
fn wrap_192(kek: &[u8], content_key: &[u8]) -> Option<Vec<u8>> {
    let key = EncryptingKey::ecb(UnboundCipherKey::new(&AES_192, kek).ok()?).ok()?;
    let mut blocks = blocks(content_key)?;
    let (mut register, mut step) = (INITIAL, 0_u64);
    for _ in 0..6 {
        for block in blocks.iter_mut() {
            step = step.saturating_add(1);
            let mut pair = Zeroizing::new([register, *block].concat());
            key.encrypt(&mut pair).ok()?;
            (register, *block) = halves(&pair)?;
            register = counted(register, step);
        }
    }
    Some([&[register], blocks.as_slice()].concat().concat())
}

/// RFC 3394 §2.2.2.
fn unwrap_192(kek: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = DecryptingKey::ecb(UnboundCipherKey::new(&AES_192, kek).ok()?).ok()?;
    let (register, rest) = wrapped.split_first_chunk::<BLOCK>()?;
    let (mut register, mut blocks) = (*register, blocks(rest)?);
    let mut step = u64::try_from(blocks.len()).ok()?.checked_mul(6)?;
    for _ in 0..6 {
        for block in blocks.iter_mut().rev() {
            let mut pair = Zeroizing::new([counted(register, step), *block].concat());
            key.decrypt(&mut pair, DecryptionContext::None).ok()?;
            (register, *block) = halves(&pair)?;
            step = step.saturating_sub(1);
        }
    }
    bool::from(register.ct_eq(&INITIAL)).then(|| Zeroizing::new(blocks.concat()))
}

/// Two blocks or more, none of them short.
fn blocks(octets: &[u8]) -> Option<Zeroizing<Vec<[u8; BLOCK]>>> {
    let (blocks, rest) = octets.as_chunks::<BLOCK>();
    (rest.is_empty() && blocks.len() >= 2).then(|| Zeroizing::new(blocks.to_vec()))
}

fn halves(pair: &[u8]) -> Option<([u8; BLOCK], [u8; BLOCK])> {
    let (first, second) = pair.split_first_chunk()?;
    Some((*first, second.try_into().ok()?))
}

fn counted(register: [u8; BLOCK], step: u64) -> [u8; BLOCK] {
    (u64::from_be_bytes(register) ^ step).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEK: &str = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";
    const DATA: &str = "00112233445566778899AABBCCDDEEFF0001020304050607";

    /// RFC 3394 §4.1, §4.2, §4.3 and §4.4.
    #[test]
    fn the_published_keys_are_wrapped_as_published() {
        for (size, length, wrapped) in [
            (AesSize::A128, 16, "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"),
            (AesSize::A192, 16, "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D"),
            (AesSize::A256, 16, "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"),
            (AesSize::A192, 24, "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2"),
        ] {
            let kek = &hex::decode(KEK).unwrap()[..size.octets()];
            let content_key = &hex::decode(DATA).unwrap()[..length];
            let wrapped = hex::decode(wrapped).unwrap();
            assert_eq!(wrap(size, kek, content_key).unwrap(), wrapped, "{size:?}");
            assert_eq!(*unwrap(size, kek, &wrapped).unwrap(), content_key, "{size:?}");
        }
    }

    #[test]
    fn a_wrapped_key_that_was_changed_or_cut_is_refused() {
        for size in [AesSize::A128, AesSize::A192, AesSize::A256] {
            let kek = vec![7; size.octets()];
            let wrapped = wrap(size, &kek, &[9; 32]).unwrap();
            for at in 0..wrapped.len() {
                let mut changed = wrapped.clone();
                changed[at] ^= 1;
                assert!(matches!(unwrap(size, &kek, &changed), Err(JoseError::Decryption)), "{size:?} {at}");
                assert!(matches!(unwrap(size, &kek, &wrapped[..at]), Err(JoseError::Decryption)), "{size:?} {at}");
            }
        }
    }
}
