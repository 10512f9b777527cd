//! Encryption of a PEM block by RFC 1421 headers, as OpenSSL does it.
//!
//! The key is one round of MD5 over the password and half of the IV: a
//! password that can be guessed does not protect such a file. It is written
//! for EC and RSA keys because upstream reads and writes nothing else there.

use aws_lc_rs::rand;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::{
    PrivateKeyError,
    cipher::{Cipher, encrypt_aes256},
};
use crate::pem::{self, PemBlock};

/// Whether the headers of the block say that it is encrypted.
pub(super) fn is_encrypted(block: &PemBlock) -> bool {
    header(block, "Proc-Type").is_some_and(|value| value.split(',').any(|part| part.trim() == "ENCRYPTED"))
}

/// Decrypts a block whose headers say how. A wrong password gets past the
/// padding once in 256 tries: the caller parses the result before it is right.
pub(super) fn decrypt(block: &PemBlock, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let (name, iv) =
        header(block, "DEK-Info").and_then(|value| value.split_once(',')).ok_or(PrivateKeyError::MalformedHeaders)?;
    let name = name.trim();
    let cipher = Cipher::ALL.into_iter().find(|cipher| cipher.name() == name).ok_or_else(|| {
        PrivateKeyError::UnsupportedEncryption { what: "cipher", found: name.chars().take(32).collect() }
    })?;
    let iv = hex::decode(iv.trim()).map_err(|_| PrivateKeyError::MalformedHeaders)?;
    let salt = iv.first_chunk().ok_or(PrivateKeyError::MalformedHeaders)?;
    let key = derive(password, salt, cipher.key_length());
    cipher.decrypt(&key, &iv, &block.contents).ok_or(PrivateKeyError::WrongPassword)
}

/// Encrypts with AES-256-CBC: a whole PEM block.
pub(super) fn encrypt(label: &str, contents: &[u8], password: &[u8]) -> Result<String, PrivateKeyError> {
    let mut iv = [0; 16];
    rand::fill(&mut iv).map_err(|_| PrivateKeyError::Library { what: "give random octets" })?;
    let salt = iv.first_chunk().expect("16 octets are more than 8");
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(&derive(password, salt, 32));
    let encoded = pem::encode(label, &encrypt_aes256(&key, &iv, contents));
    let (begin, rest) = encoded.split_once('\n').expect("a PEM block has more than one line");
    let iv = hex::encode(iv);
    Ok(format!("{begin}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,{iv}\n\n{rest}"))
}

/// EVP_BytesToKey with MD5 and one round: D₁ = MD5(password ‖ salt),
/// Dᵢ = MD5(Dᵢ₋₁ ‖ password ‖ salt), one after the other.
fn derive(password: &[u8], salt: &[u8; 8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut block = Zeroizing::new([0; 16]);
    let mut previous: &[u8] = &[];
    while key.len() < length {
        let hash = Md5::new().chain_update(previous).chain_update(password).chain_update(salt).finalize();
        block.copy_from_slice(&hash);
        key.extend_from_slice(block.as_slice());
        previous = block.as_slice();
    }
    key.truncate(length);
    key
}

fn header<'a>(block: &'a PemBlock, name: &str) -> Option<&'a str> {
    block.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_password_is_the_one_openssl_derives() {
        let key = derive(b"password", &[0, 1, 2, 3, 4, 5, 6, 7], 32);
        assert_eq!(hex::encode(key), "b03096345e805d3aa4392d2e72791dfb13e12d3f61094a3fc347ace86b99ada6");
    }

    #[test]
    fn malformed_headers_are_refused() {
        let block = |dek: &str| PemBlock {
            label: "EC PRIVATE KEY".into(),
            headers: vec![("Proc-Type".into(), "4,ENCRYPTED".into()), ("DEK-Info".into(), dek.into())],
            contents: Zeroizing::new(vec![0; 32]),
        };
        let refused = |dek| decrypt(&block(dek), b"password").unwrap_err();
        for dek in ["", "AES-256-CBC", "AES-256-CBC,", "AES-256-CBC,zz", "AES-256-CBC,00010203040506"] {
            assert_eq!(refused(dek), PrivateKeyError::MalformedHeaders, "{dek:?}");
        }
        assert_eq!(refused("AES-256-CBC,0001020304050607"), PrivateKeyError::WrongPassword, "eight octets for AES");
        assert!(matches!(
            refused("RC2-CBC,0001020304050607"),
            PrivateKeyError::UnsupportedEncryption { what: "cipher", found } if found == "RC2-CBC"
        ));
    }
}
