//! What is refused in a key, and what is not.

use crate::harness::{self, encode, key, vector, with};
use proptest::prelude::*;
use step_jose::{Curve, JoseError, Jwk, SigningKey, VerifyingKey};

fn refused(text: &str) -> JoseError {
    Jwk::from_json(text).expect_err(text)
}

#[test]
fn members_are_written_in_one_order_and_read_back() {
    let jwk = Jwk::from_json(
        r#"{"alg":"ES256","crv":"P-256","kid":"k1","kty":"EC","use":"sig","unknown":{"a":[1]},
            "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
    )
    .unwrap();
    let text = concat!(
        r#"{"use":"sig","kty":"EC","kid":"k1","crv":"P-256","alg":"ES256","#,
        r#""x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
    );
    assert_eq!(jwk.to_json(), text);
    assert_eq!(serde_json::to_string(&jwk).unwrap(), text);
    assert_eq!(serde_json::from_str::<Jwk>(text).unwrap().to_json(), text);
}

#[test]
fn private_members_leave_by_their_own_door_only() {
    for name in ["rfc7515-a.3.jwk", "rfc7520-3.4.jwk", "rfc8037-a.1.jwk"] {
        let key = key(name);
        let d = serde_json::from_str::<serde_json::Value>(&vector(name)).unwrap()["d"].as_str().unwrap().to_owned();
        let private = key.to_private_json().unwrap();
        assert!(private.contains(&d));
        for public in [key.to_json(), serde_json::to_string(&key).unwrap(), format!("{key:?}"), key.public().to_json()]
        {
            assert!(!public.contains(&d), "{name}");
        }
        assert!(matches!(key.public().to_private_json(), Err(JoseError::NoPrivateKey)));
        assert!(matches!(SigningKey::from_jwk(&key.public()), Err(JoseError::NoPrivateKey)));
        assert_eq!(Jwk::from_json(&private).unwrap().to_private_json().unwrap(), private);
    }
}

#[test]
fn a_generated_key_is_named_by_its_thumbprint() {
    for (key, alg) in [
        (Jwk::generate_ec_p256(), "ES256"),
        (Jwk::generate_ec(Curve::P384), "ES384"),
        (Jwk::generate_ec(Curve::P521), "ES512"),
        (Jwk::generate_ed25519(), "EdDSA"),
    ] {
        let key = key.unwrap();
        assert_eq!((key.alg(), key.key_use(), key.kid()), (Some(alg), Some("sig"), Some(key.thumbprint().as_str())));
        assert_eq!(key.thumbprint().len(), 43);
        assert!(Jwk::from_json(&key.to_private_json().unwrap()).unwrap().is_same_key(&key));
    }
}

#[test]
fn symmetric_and_unknown_keys_are_refused() {
    assert!(matches!(refused(r#"{"kty":"oct","k":"AAAA"}"#), JoseError::SymmetricKey));
    assert!(matches!(refused(r#"{"kty":"ec"}"#), JoseError::KeyType(_)));
    assert!(matches!(refused(r#"{}"#), JoseError::Missing { member: "kty", .. }));
    for curve in ["P-224", "secp256k1", "Ed25519", "p-256", ""] {
        let text = with(&vector("rfc7515-a.3.jwk"), "crv", Some(&format!("{curve:?}")));
        assert!(matches!(refused(&text), JoseError::Curve(_)), "{curve}");
    }
    for curve in ["X25519", "Ed448", "P-256"] {
        let text = with(&vector("rfc8037-a.1.jwk"), "crv", Some(&format!("{curve:?}")));
        assert!(matches!(refused(&text), JoseError::Curve(_)), "{curve}");
    }
}

#[test]
fn coordinates_have_full_width_and_lie_on_the_curve() {
    let good = vector("rfc7515-a.3.jwk");
    let x = harness::decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    for bad in [vec![], x[1..].to_vec(), [&[0], &x[..]].concat(), vec![0; 32], vec![0xff; 32]] {
        let text = with(&good, "x", Some(&format!("{:?}", encode(bad))));
        assert!(Jwk::from_json(&text).is_err(), "{text}");
    }
    for member in ["x", "y"] {
        for value in [None, Some("null"), Some("1"), Some("\"\"")] {
            assert!(Jwk::from_json(&with(&good, member, value)).is_err(), "{member} {value:?}");
        }
    }
    // A point of P-256 is no point of P-384.
    assert!(Jwk::from_json(&with(&good, "crv", Some("\"P-384\""))).is_err());
}

#[test]
fn a_private_part_belongs_to_its_public_part() {
    for (name, other) in [("rfc7515-a.3.jwk", Jwk::generate_ec_p256()), ("rfc8037-a.1.jwk", Jwk::generate_ed25519())] {
        let other: serde_json::Value = serde_json::from_str(&other.unwrap().to_private_json().unwrap()).unwrap();
        let text = with(&vector(name), "d", Some(&other["d"].to_string()));
        assert!(matches!(refused(&text), JoseError::InvalidKey(_)), "{name}");
    }
    let rsa = vector("rfc7520-3.4.jwk");
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        let zero = Some("\"AA\"");
        assert!(Jwk::from_json(&with(&rsa, member, zero)).is_err(), "{member} is zero");
        assert!(Jwk::from_json(&with(&rsa, member, Some("\"Aw\""))).is_err(), "{member} is three");
        if member != "d" {
            assert!(matches!(refused(&with(&rsa, member, None)), JoseError::Missing { .. }), "{member}");
        }
    }
    assert!(Jwk::from_json(&with(&rsa, "oth", Some("[]"))).is_err());
    assert!(Jwk::from_json(&with(&rsa, "d", None)).is_ok_and(|key| !key.is_private()));
    for width in [31, 33] {
        let text = with(&vector("rfc7515-a.3.jwk"), "d", Some(&format!("{:?}", encode(vec![1; width]))));
        assert!(Jwk::from_json(&text).is_err());
    }
}

#[test]
fn rsa_numbers_are_large_enough_and_have_one_encoding() {
    let good = vector("rfc7638-3.1.jwk");
    let n = |octets: Vec<u8>| with(&good, "n", Some(&format!("{:?}", encode(octets))));
    let odd = |length: usize| [&vec![0x80; length - 1][..], &[1]].concat();
    for (length, accepted) in [(255, false), (256, true), (1024, true), (1025, false)] {
        assert_eq!(Jwk::from_json(&n(odd(length))).is_ok(), accepted, "{length} octets");
    }
    assert!(Jwk::from_json(&n([&[0x7f][..], &odd(255)].concat())).is_err(), "2047 bits");
    assert!(Jwk::from_json(&n([&[0][..], &odd(256)].concat())).is_err(), "a leading zero");
    let e = |octets: &[u8]| Jwk::from_json(&with(&good, "e", Some(&format!("{:?}", encode(octets)))));
    for bad in [&[][..], &[0], &[1], &[3], &[1, 0, 0], &[0, 1, 0, 1], &[1, 0, 0, 0, 1], &[1; 9]] {
        assert!(e(bad).is_err(), "{bad:?}");
    }
    for good in [&[1, 0, 1][..], &[0xff, 0xff, 0xff, 0xff]] {
        assert!(e(good).is_ok(), "{good:?}");
    }
}

#[test]
fn use_operations_and_algorithm_bind() {
    let good = vector("rfc7515-a.3.jwk");
    let parsed = |member: &str, value: &str| Jwk::from_json(&with(&good, member, Some(value))).unwrap();
    for (member, value) in [("use", "\"enc\""), ("key_ops", "[]"), ("key_ops", "[\"encrypt\"]")] {
        let key = parsed(member, value);
        assert!(matches!(VerifyingKey::from_jwk(&key), Err(JoseError::KeyUse("verify"))), "{member} {value}");
        assert!(matches!(SigningKey::from_jwk(&key), Err(JoseError::KeyUse("sign"))), "{member} {value}");
    }
    let verify_only = parsed("key_ops", "[\"verify\"]");
    assert!(VerifyingKey::from_jwk(&verify_only).is_ok() && SigningKey::from_jwk(&verify_only).is_err());
    let sign_only = parsed("key_ops", "[\"sign\"]");
    assert!(SigningKey::from_jwk(&sign_only).is_ok() && VerifyingKey::from_jwk(&sign_only.public()).is_ok());
    for alg in ["ES384", "RS256", "EdDSA", "HS256", "none", "ECDH-ES", ""] {
        let key = parsed("alg", &format!("{alg:?}"));
        assert!(matches!(VerifyingKey::from_jwk(&key), Err(JoseError::AlgorithmNotAllowed(_))), "{alg}");
        assert!(matches!(SigningKey::from_jwk(&key), Err(JoseError::AlgorithmNotAllowed(_))), "{alg}");
    }
}

#[test]
fn a_key_is_strict_json() {
    let good = vector("rfc7515-a.3.jwk");
    for bad in [
        good.replace("\"kty\":\"EC\"", "\"kty\":\"EC\",\"kty\":\"EC\""),
        good.replace("\"kty\":\"EC\"", "\"kty\":\"EC\",\"a\":{\"b\":1,\"b\":1}"),
        format!("{good}{good}"),
        format!("[{good}]"),
        with(&good, "kid", Some("1")),
        with(&good, "kid", Some(&format!("{:?}", "k".repeat(257)))),
        with(&good, "use", Some("null")),
        with(&good, "alg", Some("[]")),
        with(&good, "key_ops", Some("\"sign\"")),
        with(&good, "x5c", Some("[1]")),
        format!("{{\"a\":\"{}\"}}", "a".repeat(64 * 1024)),
    ] {
        assert!(Jwk::from_json(&bad).is_err(), "{bad:.80}");
    }
}

#[test]
fn the_key_of_a_certificate_verifies_too() {
    for key in [
        Jwk::generate_ec(Curve::P256).unwrap(),
        Jwk::generate_ec(Curve::P384).unwrap(),
        Jwk::generate_ec(Curve::P521).unwrap(),
        Jwk::generate_ed25519().unwrap(),
        key("rfc7520-3.4.jwk"),
    ] {
        let verifying = VerifyingKey::from_jwk(&key).unwrap();
        let spki = verifying.spki_der();
        let other = VerifyingKey::from_spki(&spki).unwrap();
        assert_eq!(other.algorithms().collect::<Vec<_>>(), verifying.algorithms().collect::<Vec<_>>());
        assert_eq!(other.spki_der(), spki);
        let signing = SigningKey::from_jwk(&key).unwrap();
        other.verify(signing.algorithm(), b"m", &signing.sign(b"m").unwrap()).unwrap();
        assert!(VerifyingKey::from_spki(&[&spki[..], &[0]].concat()).is_err(), "octets behind the key");
        assert!(VerifyingKey::from_spki(&spki[..spki.len() - 1]).is_err());
    }
    for bad in [&[][..], &[0x30], &[4; 65], &[1; 32]] {
        assert!(VerifyingKey::from_spki(bad).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
        let _ = Jwk::from_json(&text);
    }

    #[test]
    fn no_numbers_make_the_parser_panic(
        kty in prop::sample::select(vec!["EC", "RSA", "OKP"]),
        crv in prop::sample::select(vec!["P-256", "P-384", "P-521", "Ed25519"]),
        numbers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 8),
    ) {
        let names = ["x", "y", "d", "n", "e", "p", "q", "qi"];
        let members: Vec<String> =
            names.iter().zip(&numbers).map(|(name, number)| format!(r#""{name}":"{}""#, encode(number))).collect();
        let _ = Jwk::from_json(&format!(r#"{{"kty":"{kty}","crv":"{crv}",{}}}"#, members.join(",")));
    }

    #[test]
    fn no_octets_make_the_spki_reader_panic(octets in prop::collection::vec(any::<u8>(), 0..120)) {
        let _ = VerifyingKey::from_spki(&octets);
    }
}
