//! Tokens, keys and encrypted messages.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jose::{Jwk, JwkSet, UncheckedKeys, VerifyingKey, jws};
use jsonwebtoken::{DecodingKey, jwk::Jwk as TheirJwk};

use super::text;

/// The key of the tokens in the corpus. It signs nothing else.
const KEY: &str = include_str!("../key.jwk");

/// A compact message. One that another library refuses is refused, too; there is one spelling of each.
pub(super) fn jws(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    let Ok(message) = jws::Compact::parse(text) else { return };
    let trimmed = text.trim_ascii();
    let (input, signature) = trimmed.rsplit_once('.').unwrap();
    assert_eq!(message.signing_input(), input);
    assert_eq!(URL_SAFE_NO_PAD.encode(message.payload()), input.rsplit_once('.').unwrap().1);
    let key = VerifyingKey::from_jwk(&Jwk::from_json(KEY).unwrap()).unwrap();
    if message.verify(&key).is_ok() {
        let theirs: TheirJwk = serde_json::from_str(KEY).unwrap();
        let theirs = DecodingKey::from_jwk(&theirs).unwrap();
        let verified =
            jsonwebtoken::crypto::verify(signature, input.as_bytes(), &theirs, jsonwebtoken::Algorithm::ES256);
        assert!(verified.unwrap(), "another library refuses {trimmed}");
    }
}

/// A token whose claims are these octets.
pub(super) fn claims(octets: &[u8]) {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"k"}"#);
    let token = format!("{header}.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(octets));
    let Ok(token) = jws::Unverified::parse(&token) else { return };
    assert_eq!(token.claims_json().as_bytes(), octets);
    let theirs: serde_json::Value = serde_json::from_slice(octets).expect("claims are JSON");
    let claims = token.claims();
    assert_eq!(claims.members(), theirs.as_object().unwrap());
    for (name, ours) in [("iat", claims.iat), ("nbf", claims.nbf), ("exp", claims.exp)] {
        assert_eq!(ours.is_some(), theirs.get(name).is_some(), "{name} is never read as missing");
        assert!(ours.is_none_or(|time| (0..=253_402_300_799).contains(&time.as_unix())), "{name}");
    }
    let _ = token.replay_id().to_string();
}

/// A key: what is read is written, and read back as the same.
pub(super) fn jwk(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    let Ok(key) = Jwk::from_json(text) else { return };
    let written = key.to_json();
    let again = Jwk::from_json(&written).expect("what is written is read");
    assert!(again.is_same_key(&key) && !again.is_private());
    assert_eq!((again.kid(), again.alg(), again.key_use()), (key.kid(), key.alg(), key.key_use()));
    assert_eq!(again.thumbprint(), key.thumbprint());
    assert_eq!(again.to_json(), written);
    assert!(!format!("{key:?}").contains("\"d\""));
    if let Ok(verifying) = VerifyingKey::from_jwk(&key) {
        let spki = verifying.spki_der();
        assert_eq!(VerifyingKey::from_spki(&spki).expect("our own SPKI").spki_der(), spki);
    }
}

/// Keys of others.
pub(super) fn jwk_set(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    if let Ok(set) = JwkSet::from_json(text) {
        for key in set.keys() {
            let found = key.kid().map(|kid| set.find(kid).expect("a key is found by its kid"));
            assert_eq!(found.map(Jwk::kid), key.kid().map(Some));
        }
        UncheckedKeys::from_json(text).expect("who takes less takes more");
    }
}

/// An encrypted message. What is opened was encrypted under this password, to the last octet.
pub(super) fn jwe(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    if let Ok(plaintext) = jose::jwe::decrypt(text, b"password") {
        assert_eq!(*plaintext, b"throw-away");
    }
    assert!(jose::jwe::decrypt(text, b"another").is_err());
}
