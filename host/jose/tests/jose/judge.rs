//! Another library reads what we sign, and we read what it signs.

use crate::harness::{self, key};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk as TheirJwk};
use step_jose::{
    Curve, Jwk, VerifyingKey,
    jws::{self, ProtectedHeader, Unverified},
};

fn keys() -> Vec<(Jwk, Algorithm)> {
    let rsa = |alg: &str| {
        let text = harness::with(&harness::vector("rfc7520-3.4.jwk"), "alg", Some(&format!("{alg:?}")));
        Jwk::from_json(&text).unwrap()
    };
    vec![
        (Jwk::generate_ec(Curve::P256).unwrap(), Algorithm::ES256),
        (Jwk::generate_ec(Curve::P384).unwrap(), Algorithm::ES384),
        (Jwk::generate_ed25519().unwrap(), Algorithm::EdDSA),
        (rsa("RS256"), Algorithm::RS256),
        (rsa("RS384"), Algorithm::RS384),
        (rsa("RS512"), Algorithm::RS512),
        (rsa("PS256"), Algorithm::PS256),
        (rsa("PS384"), Algorithm::PS384),
        (rsa("PS512"), Algorithm::PS512),
    ]
}

#[test]
fn the_other_library_verifies_our_tokens() {
    for (key, algorithm) in keys() {
        let text = jws::sign(&ProtectedHeader::jwt("k"), r#"{"sub":"x"}"#, &key).unwrap();
        let theirs: TheirJwk = serde_json::from_str(&key.to_json()).unwrap();
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let decoding = DecodingKey::from_jwk(&theirs).unwrap();
        let data = jsonwebtoken::decode::<serde_json::Value>(&text, &decoding, &validation).unwrap();
        assert_eq!(data.claims["sub"], "x", "{algorithm:?}");
    }
}

#[test]
fn the_other_library_gives_our_thumbprints() {
    for (key, algorithm) in keys() {
        let theirs: TheirJwk = serde_json::from_str(&key.to_json()).unwrap();
        let thumbprint = theirs.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256);
        assert_eq!(thumbprint.unwrap(), key.thumbprint(), "{algorithm:?}");
    }
}

#[test]
fn we_verify_the_tokens_of_the_other_library() {
    // A key in the form it reads: PKCS#8 of the example of RFC 8037 §A.1.
    let key = key("rfc8037-a.1.jwk");
    let seed = harness::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    let prefix = hex::decode("302e020100300506032b657004220420").unwrap();
    let encoding = jsonwebtoken::EncodingKey::from_ed_der(&[prefix, seed].concat());
    let claims = serde_json::json!({ "sub": "x" });
    let text = jsonwebtoken::encode(&jsonwebtoken::Header::new(Algorithm::EdDSA), &claims, &encoding).unwrap();
    let token = Unverified::parse(&text).unwrap();
    token.verify(&VerifyingKey::from_jwk(&key).unwrap()).unwrap();
    assert_eq!(token.claims().sub.as_deref(), Some("x"));
}
