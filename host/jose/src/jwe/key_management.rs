//! The content key: made for a recipient, and found again (RFC 7516 §5.1 steps 1–6, §5.2 steps 6–10).

use zeroize::Zeroizing;

use super::{
    AesSize, ContentEncryption, Header, Key, KeyManagement, ProtectedHeader, aes_gcm_key_wrap, aes_key_wrap, agreement,
    key::Purpose, pbes2, random, random_array, rsa,
};
use crate::{JoseError, SymmetricKey, base64url, limits};

/// A content key, and the form in which the recipient gets it.
pub(super) struct Produced {
    pub(super) content_key: Zeroizing<Vec<u8>>,
    /// Empty where the recipient needs none.
    pub(super) encrypted_key: Vec<u8>,
}

/// Makes a content key for the recipient; what finding it takes besides the key goes into the header.
pub(super) fn produce(
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    key: Key<'_>,
    header: &mut ProtectedHeader,
) -> Result<Produced, JoseError> {
    key.permit(algorithm, encryption, Purpose::Encrypt)?;
    let content_key = random(encryption.key_length())?;
    let encrypted_key = match (algorithm, key) {
        (KeyManagement::Rsa15 | KeyManagement::RsaOaep | KeyManagement::RsaOaep256, Key::Jwk(key, _)) => {
            rsa::encrypt(algorithm, key, &content_key)?
        }
        (KeyManagement::EcdhEs, Key::Jwk(key, _)) => {
            let agreed = agreement::agree(algorithm, encryption, key)?;
            header.set("epk", agreed.ephemeral);
            return Ok(Produced { content_key: agreed.key, encrypted_key: Vec::new() });
        }
        (KeyManagement::EcdhEsKeyWrap(size), Key::Jwk(key, _)) => {
            let agreed = agreement::agree(algorithm, encryption, key)?;
            header.set("epk", agreed.ephemeral);
            aes_key_wrap::wrap(size, &agreed.key, &content_key)?
        }
        (KeyManagement::AesKeyWrap(size), Key::Symmetric(key)) => {
            aes_key_wrap::wrap(size, sized(key, size)?, &content_key)?
        }
        (KeyManagement::AesGcmKeyWrap(size), Key::Symmetric(key)) => {
            aes_gcm_key_wrap::wrap(size, sized(key, size)?, &content_key, header)?
        }
        (KeyManagement::Direct, Key::Symmetric(key)) => {
            let content_key = Zeroizing::new(exact(key, encryption.key_length())?.to_vec());
            return Ok(Produced { content_key, encrypted_key: Vec::new() });
        }
        (KeyManagement::Pbes2(size), Key::Password { password, iterations }) => {
            let parameters = new_parameters(password, iterations)?;
            header.set("p2c", parameters.iterations);
            header.set("p2s", base64url::encode(&parameters.salt));
            aes_key_wrap::wrap(size, &parameters.derive(size, password), &content_key)?
        }
        _ => return Err(JoseError::AlgorithmNotAllowed(algorithm.name().to_owned())),
    };
    Ok(Produced { content_key, encrypted_key })
}

/// Finds the content key of a message. Whether it is as long as the content needs is the caller's to check.
pub(super) fn recover(header: &Header, key: Key<'_>, encrypted_key: &[u8]) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let (algorithm, encryption) = (header.algorithm, header.encryption);
    key.permit(algorithm, encryption, Purpose::Decrypt)?;
    match (algorithm, key) {
        (KeyManagement::Rsa15 | KeyManagement::RsaOaep | KeyManagement::RsaOaep256, Key::Jwk(key, _)) => {
            rsa::decrypt(algorithm, encryption, key, encrypted_key)
        }
        (KeyManagement::EcdhEs, Key::Jwk(key, _)) => {
            none(encrypted_key)?;
            agreement::find(header, key)
        }
        (KeyManagement::EcdhEsKeyWrap(size), Key::Jwk(key, _)) => {
            aes_key_wrap::unwrap(size, &agreement::find(header, key)?, encrypted_key)
        }
        (KeyManagement::AesKeyWrap(size), Key::Symmetric(key)) => {
            aes_key_wrap::unwrap(size, sized(key, size)?, encrypted_key)
        }
        (KeyManagement::AesGcmKeyWrap(size), Key::Symmetric(key)) => {
            aes_gcm_key_wrap::unwrap(size, sized(key, size)?, encrypted_key, header)
        }
        (KeyManagement::Direct, Key::Symmetric(key)) => {
            none(encrypted_key)?;
            Ok(Zeroizing::new(exact(key, encryption.key_length())?.to_vec()))
        }
        (KeyManagement::Pbes2(size), Key::Password { password, .. }) => {
            let parameters = pbes2::Parameters::of(header)?;
            aes_key_wrap::unwrap(size, &parameters.derive(size, password), encrypted_key)
        }
        _ => Err(JoseError::AlgorithmNotAllowed(algorithm.name().to_owned())),
    }
}

/// Where the key is shared or agreed on there is none to send (RFC 7516 §5.2 step 10).
fn none(encrypted_key: &[u8]) -> Result<(), JoseError> {
    if !encrypted_key.is_empty() {
        return Err(JoseError::Member { what: "the message", member: "encrypted_key", want: "empty, as it has to be" });
    }
    Ok(())
}

fn sized(key: &SymmetricKey, size: AesSize) -> Result<&[u8], JoseError> {
    exact(key, size.octets())
}

fn exact(key: &SymmetricKey, want: usize) -> Result<&[u8], JoseError> {
    match key.octets() {
        octets if octets.len() == want => Ok(octets),
        octets => Err(JoseError::KeyLength { got: octets.len(), want }),
    }
}

fn new_parameters(password: &[u8], iterations: u32) -> Result<pbes2::Parameters, JoseError> {
    if password.is_empty() {
        return Err(JoseError::EmptyPassword);
    }
    if !limits::PBES2_ITERATIONS.contains(&iterations) {
        return Err(JoseError::Iterations(iterations.into()));
    }
    Ok(pbes2::Parameters { salt: random_array::<16>()?.to_vec(), iterations })
}
