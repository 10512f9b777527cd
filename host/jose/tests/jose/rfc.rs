//! The examples of RFC 7515, 7517, 7519, 7520, 7638 and 8037.

use crate::harness::{key, vector};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use step_jose::{
    JoseError, JwkSet, MacAlgorithm, MacKey, SymmetricKey, UncheckedKeys, VerifyingKey,
    jwe::{self, Key, Legacy, Received},
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

#[test]
fn the_public_and_the_private_set_hold_the_same_keys() {
    let [public, private] =
        ["a.1", "a.2"].map(|name| JwkSet::from_json(&vector(&format!("rfc7517-{name}.jwks"))).unwrap());
    for kid in ["1", "2011-04-29"] {
        let [public, private] = [&public, &private].map(|set| set.find(kid).unwrap());
        assert!(public.is_same_key(private), "{kid}");
        assert!(!public.is_private() && private.is_private(), "{kid}");
        assert_eq!(public.to_json(), private.public().to_json(), "{kid}");
    }
    assert_eq!(public.keys().len(), 2);
    // The key of RFC 7638 §3.1 is the RSA key of both.
    let rsa = private.find("2011-04-29").unwrap();
    assert_eq!((rsa.alg(), rsa.thumbprint()), (Some("RS256"), key("rfc7638-3.1.jwk").thumbprint()));
    let token = jws::sign(&ProtectedHeader::default(), b"payload", rsa).unwrap();
    let verifying = VerifyingKey::from_jwk(public.find("2011-04-29").unwrap()).unwrap();
    Compact::parse(&token).unwrap().verify(&verifying).unwrap();
    assert!(matches!(VerifyingKey::from_jwk(public.find("1").unwrap()), Err(JoseError::KeyUse("verify"))));
}

#[test]
fn the_set_of_secrets_has_no_key_that_verifies() {
    let text = vector("rfc7517-a.3.jwks");
    assert!(JwkSet::from_json(&text).unwrap().keys().is_empty());
    let UncheckedKeys::Set(keys) = UncheckedKeys::from_json(&text).unwrap() else { panic!("it is a set") };
    assert!(keys.len() == 2 && keys.iter().all(step_jose::UncheckedKey::is_secret));
    let name = "HMAC key used in JWS spec Appendix A.1 example";
    let secret = SymmetricKey::find_in_set(&text, name).unwrap().unwrap();
    assert_eq!(MacKey::to_verify(&secret).unwrap().algorithm(), MacAlgorithm::Hs256);
    Compact::parse(&vector("rfc7515-a.1.jws")).unwrap().verify_mac(&MacKey::to_verify(&secret).unwrap()).unwrap();
}

#[test]
fn the_key_with_a_certificate_is_the_key_of_the_certificate() {
    let (text, example) = (vector("rfc7517-b.jwk"), key("rfc7517-b.jwk"));
    assert_eq!((example.kid(), example.key_use()), (Some("1b94c"), Some("sig")));
    let members: serde_json::Value = serde_json::from_str(&text).unwrap();
    let certificate = STANDARD.decode(members["x5c"][0].as_str().unwrap()).unwrap();
    let spki = VerifyingKey::from_jwk(&example).unwrap().spki_der();
    assert!(certificate.windows(spki.len()).any(|octets| octets == spki));
    // The certificate stays with the key.
    let written: serde_json::Value = serde_json::from_str(&example.to_json()).unwrap();
    assert_eq!(written["x5c"], members["x5c"]);
}

#[test]
fn the_encrypted_tokens_of_rfc_7519_open_and_hold_the_claims_and_a_token() {
    let recipient = key("rfc7516-a.2.jwk");
    let opened = |name: &str, legacy| {
        let plaintext = Received::parse(&vector(name))?.open(Key::Jwk(&recipient, legacy))?;
        Ok::<_, JoseError>(String::from_utf8(plaintext.to_vec()).unwrap())
    };
    for name in ["rfc7519-a.1.jwe", "rfc7519-a.2.jwe"] {
        assert!(matches!(opened(name, Legacy::Refused), Err(JoseError::Legacy)), "{name}");
    }
    // §3.1: the claims are those of RFC 7515 A.1, and the nested token is RFC 7515 A.2.
    let signed = vector("rfc7515-a.1.jws");
    let claims = String::from_utf8(Compact::parse(&signed).unwrap().payload().to_vec()).unwrap();
    assert_eq!(opened("rfc7519-a.1.jwe", Legacy::Allowed).unwrap(), claims);
    let nested = opened("rfc7519-a.2.jwe", Legacy::Allowed).unwrap();
    assert_eq!(nested, vector("rfc7515-a.2.jws"));
    let verifying = VerifyingKey::from_jwk(&key("rfc7515-a.2.jwk")).unwrap();
    Compact::parse(&nested).unwrap().verify(&verifying).unwrap();
}
