//! Key agreement with an ephemeral key (RFC 7518 §4.6).

use aws_lc_rs::kdf::{SskdfDigestAlgorithmId, get_sskdf_digest_algorithm, sskdf_digest};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{ContentEncryption, Header, KeyManagement};
use crate::{JoseError, Jwk, base64url};

/// The key two parties agreed on, and the public key the other needs to find it.
pub(super) struct Agreed {
    pub(super) key: Zeroizing<Vec<u8>>,
    /// As the value of `epk`.
    pub(super) ephemeral: Value,
}

/// Makes an ephemeral key on the curve of the recipient's.
pub(super) fn agree(
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    recipient: &Jwk,
) -> Result<Agreed, JoseError> {
    let own = Jwk::generate_ec(recipient.curve()?)?;
    let secret = own.agree(recipient)?;
    let key = derive(algorithm, encryption, &secret, &[], &[])?;
    let ephemeral = serde_json::to_value(own.numbers()).map_err(|_| JoseError::Library("write a key"))?;
    Ok(Agreed { key, ephemeral })
}

/// Finds the key with the recipient's private key and the `epk` of the header.
pub(super) fn find(header: &Header, recipient: &Jwk) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let ephemeral = match header.member("epk") {
        Some(Value::Object(members)) => Jwk::from_members(members.clone())?,
        Some(_) => return Err(JoseError::Member { what: "the header", member: "epk", want: "a key" }),
        None => return Err(JoseError::Missing { what: "the header", member: "epk" }),
    };
    if ephemeral.is_private() {
        return Err(JoseError::SecretKey);
    }
    let party = |member| header.text(member)?.map_or(Ok(Vec::new()), |text| base64url::decode(member, text));
    let (apu, apv) = (party("apu")?, party("apv")?);
    let secret = recipient.agree(&ephemeral)?;
    derive(header.algorithm, header.encryption, &secret, &apu, &apv)
}

/// The Concat KDF of RFC 7518 §4.6.2 with SHA-256.
fn derive(
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    secret: &[u8],
    apu: &[u8],
    apv: &[u8],
) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    // In direct agreement the key is for the content, otherwise for the key wrap.
    let (name, length) = match algorithm {
        KeyManagement::EcdhEsKeyWrap(size) => (algorithm.name(), size.octets()),
        _ => (encryption.name(), encryption.key_length()),
    };
    let mut info = Vec::new();
    for part in [name.as_bytes(), apu, apv] {
        info.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        info.extend(part);
    }
    info.extend(u32::try_from(length.saturating_mul(8)).unwrap_or(u32::MAX).to_be_bytes());
    let mut key = Zeroizing::new(vec![0; length]);
    let hash = get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256).ok_or(JoseError::Library("derive a key"))?;
    sskdf_digest(hash, secret, &info, &mut key).map_err(|_| JoseError::Library("derive a key"))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7518 appendix C.
    #[test]
    fn alice_and_bob_agree_on_the_published_key() {
        let alice = r#"{"kty":"EC","crv":"P-256",
            "x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
            "d":"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"}"#;
        let bob = r#"{"kty":"EC","crv":"P-256",
            "x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            "d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"#;
        let (alice, bob) = (Jwk::from_json(alice).unwrap(), Jwk::from_json(bob).unwrap());
        for (own, other) in [(&alice, &bob), (&bob, &alice)] {
            let secret = own.agree(&other.public()).unwrap();
            let key = derive(KeyManagement::EcdhEs, ContentEncryption::A128Gcm, &secret, b"Alice", b"Bob").unwrap();
            assert_eq!(base64url::encode(&*key), "VqqN6vgjbSBcIijNcacQGg");
        }
    }
}
