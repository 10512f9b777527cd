//! The examples of RFC 7515, 7517, 7520, 7638 and 8037.

use crate::harness::{key, vector};
use step_jose::{
    JoseError, VerifyingKey, jwe,
    jws::{self, Compact, ProtectedHeader, Unverified},
};

#[test]
fn the_signed_examples_verify() {
    for (name, of) in [
        ("rfc7515-a.2", "rfc7515-a.2"),
        ("rfc7515-a.3", "rfc7515-a.3"),
        ("rfc7515-a.4", "rfc7515-a.4"),
        ("rfc7520-4.1", "rfc7520-3.4"),
        ("rfc7520-4.2", "rfc7520-3.4"),
        ("rfc7520-4.3", "rfc7520-3.2"),
        ("rfc8037-a.4", "rfc8037-a.1"),
    ] {
        let text = vector(&format!("{name}.jws"));
        let verifying = VerifyingKey::from_jwk(&key(&format!("{of}.jwk"))).unwrap();
        Compact::parse(&text).unwrap().verify(&verifying).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn the_deterministic_examples_are_made_again() {
    let made = |header: ProtectedHeader<'_>, payload: &[u8], of: &str| jws::sign(&header, payload, &key(of)).unwrap();
    let example = vector("rfc7520-4.1.jws");
    let payload = Compact::parse(&example).unwrap().payload().to_vec();
    let header = ProtectedHeader { kid: Some("bilbo.baggins@hobbiton.example"), ..ProtectedHeader::default() };
    assert_eq!(made(header, &payload, "rfc7520-3.4.jwk"), example);
    assert_eq!(
        made(ProtectedHeader::default(), b"Example of Ed25519 signing", "rfc8037-a.1.jwk"),
        vector("rfc8037-a.4.jws")
    );
}

#[test]
fn the_example_with_a_mac_and_the_one_without_anything_are_refused() {
    let mac = vector("rfc7515-a.1.jws");
    let mac = Unverified::parse(&mac).unwrap();
    for name in ["rfc7515-a.2.jwk", "rfc7515-a.3.jwk", "rfc8037-a.1.jwk"] {
        let error = jws::verify(&mac, &key(name)).unwrap_err();
        assert!(matches!(error, JoseError::AlgorithmNotAllowed(name) if name == "HS256"));
    }
    assert!(matches!(Unverified::parse(&vector("rfc7515-a.5.jws")), Err(JoseError::EmptySignature)));
}

#[test]
fn the_claims_of_the_example_are_read() {
    let text = vector("rfc7515-a.3.jws");
    let token = Unverified::parse(&text).unwrap();
    assert_eq!(token.claims().iss.as_deref(), Some("joe"));
    assert_eq!(token.claims().exp.map(step_jose::NumericDate::as_unix), Some(1_300_819_380));
    assert_eq!(token.claims().member("http://example.com/is_root"), Some(&true.into()));
}

#[test]
fn thumbprints_are_those_of_the_examples() {
    assert_eq!(key("rfc7638-3.1.jwk").thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(key("rfc8037-a.1.jwk").thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(key("rfc7515-a.3.jwk").thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

#[test]
fn the_encrypted_examples_open() {
    let key = jwe::decrypt_jwk(&vector("rfc7517-c.jwe"), b"Thus from my lips, by yours, my sin is purged.").unwrap();
    assert_eq!((key.kid(), key.key_use()), (Some("juliet@capulet.lit"), Some("enc")));
    assert!(key.is_private());
    // Its use is encryption, so it neither signs nor verifies (RFC 7517 §4.2).
    assert!(matches!(VerifyingKey::from_jwk(&key), Err(JoseError::KeyUse("verify"))));

    let password = "entrap_o\u{2013}peter_long\u{2013}credit_tun";
    let plaintext = jwe::decrypt(&vector("rfc7520-5.3.jwe"), password.as_bytes()).unwrap();
    assert!(plaintext.starts_with(br#"{"keys":[{"kty":"oct","kid":"77c7e2b8-6e13-45cf-8672-617b5b45243a""#));
    assert_eq!(plaintext.last(), Some(&b'}'));
}
