//! Tokens with which a certificate asks for its own renewal, where no TLS client certificate gets through.

use authority::{Certificate, keys::PrivateKey};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use jose::jws::{self, ProtectedHeader};
use rustls::pki_types::CertificateDer;
use serde::Serialize;

use super::Lifetime;
use crate::{pem_key, random};

/// Who upstream's servers expect to hear from.
const ISSUER: &str = "step-ca-client/1.0";

/// The claims in the order upstream writes them: by name.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    iat: i64,
    iss: &'a str,
    jti: String,
    nbf: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    sub: &'a str,
}

/// A token signed by the key of the first certificate of `chain`, which it carries: a secret until it is spent.
pub(crate) fn sign(
    chain: &[CertificateDer<'_>],
    leaf: &Certificate,
    key: &PrivateKey,
    audience: &str,
    lifetime: Lifetime,
) -> anyhow::Result<String> {
    let claims = Claims {
        aud: audience,
        exp: lifetime.expires.as_unix(),
        iat: lifetime.issued.as_unix(),
        iss: ISSUER,
        jti: hex::encode(random::octets::<32>()),
        nbf: lifetime.not_before.as_unix(),
        sub: leaf.subject().common_name().unwrap_or_default(),
    };
    let claims = serde_json::to_vec(&claims)?;
    let x5c_insecure: Vec<String> = chain.iter().map(|certificate| BASE64_STANDARD.encode(certificate)).collect();
    let header = ProtectedHeader { typ: Some("JWT"), x5c_insecure: &x5c_insecure, ..ProtectedHeader::default() };
    Ok(jws::sign(&header, claims, &pem_key::to_jwk(key)?)?)
}

#[cfg(test)]
mod tests {
    use authority::Timestamp;
    use jose::{VerifyingKey, jws::Unverified};

    use super::*;
    use crate::{certificates, testing::leaf_certificate};

    #[test]
    fn the_certificate_is_in_the_header_and_its_key_has_signed() {
        let (certificate, key) = leaf_certificate(-60, 3_600);
        let chain = certificates::all(certificate.as_bytes()).unwrap();
        let leaf = Certificate::from_der(&chain[0]).unwrap();
        let key = PrivateKey::from_pem(&key, None).unwrap();
        let lifetime = Lifetime::from_now(Timestamp::from_unix(1_700_000_000));
        let text = sign(&chain, &leaf, &key, "https://ca/1.0/renew", lifetime).unwrap();
        let token = Unverified::parse(&text).unwrap();
        token.verify(&VerifyingKey::from_spki(leaf.public_key().spki_der()).unwrap()).unwrap();
        assert_eq!(token.header().insecure_certificates().unwrap(), [leaf.der()]);
        assert!(token.header().certificates().is_empty());
        let claims = token.claims();
        assert_eq!(claims.iss.as_deref(), Some("step-ca-client/1.0"));
        assert_eq!(claims.sub.as_deref(), leaf.subject().common_name());
        assert_eq!(claims.aud, ["https://ca/1.0/renew"]);
        assert_eq!(claims.exp.map(|time| time.as_unix()), Some(1_700_000_300));
    }
}
