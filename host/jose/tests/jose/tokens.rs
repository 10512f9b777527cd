//! What is refused in a token, and what is not.

use std::sync::LazyLock;

use crate::harness::{self, decode, encode, key, token, vector};
use proptest::prelude::*;
use step_jose::{
    Algorithm, Curve, JoseError, Jwk, SigningKey, VerifyingKey,
    jws::{self, Compact, ProtectedHeader, ReplayId, Unverified},
    limits,
};

static P256: LazyLock<Jwk> = LazyLock::new(|| Jwk::generate_ec_p256().unwrap());

fn every_key() -> Vec<Jwk> {
    let mut keys = vec![
        Jwk::generate_ec(Curve::P256).unwrap(),
        Jwk::generate_ec(Curve::P384).unwrap(),
        Jwk::generate_ec(Curve::P521).unwrap(),
        Jwk::generate_ed25519().unwrap(),
    ];
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        let alg = format!("{algorithm:?}");
        let text = harness::with(&vector("rfc7520-3.4.jwk"), "alg", Some(&alg));
        keys.push(Jwk::from_json(&text).unwrap());
    }
    keys
}

const CLAIMS: &str = r#"{"iss":"a@b","sub":"x","jti":"1"}"#;

/// The header parses; nothing is said about the signature.
fn header(text: &str) -> Result<String, JoseError> {
    let token = token(text, CLAIMS, &P256);
    Unverified::parse(&token).map(|token| token.header().alg().to_owned())
}

#[test]
fn what_a_key_signs_it_verifies_and_no_other_does() {
    let keys = every_key();
    for (own, key) in keys.iter().enumerate() {
        let text = jws::sign(&ProtectedHeader::jwt("k"), CLAIMS, key).unwrap();
        let token = Unverified::parse(&text).unwrap();
        for (number, other) in keys.iter().enumerate() {
            let result = jws::verify(&token, &other.public());
            assert_eq!(result.is_ok(), number == own, "{key:?} {other:?}");
        }
    }
}

#[test]
fn an_rsa_key_without_algorithm_verifies_all_six_and_one_with_its_own_only() {
    let free = key("rfc7520-3.4.jwk");
    let verifying = VerifyingKey::from_jwk(&free).unwrap();
    assert_eq!(verifying.algorithms().count(), 6);
    let only = VerifyingKey::from_jwk(&every_key()[7]).unwrap();
    assert_eq!(only.algorithms().collect::<Vec<_>>(), [Algorithm::Ps256]);
    let text = jws::sign(&ProtectedHeader::default(), CLAIMS, &free).unwrap();
    let token = Unverified::parse(&text).unwrap();
    token.verify(&verifying).unwrap();
    assert!(matches!(token.verify(&only), Err(JoseError::AlgorithmNotAllowed(name)) if name == "RS256"));
}

#[test]
fn no_algorithm_but_the_key_s_is_used_whatever_the_header_says() {
    let verifying = VerifyingKey::from_jwk(&P256).unwrap();
    for alg in
        ["none", "None", "nOnE", "NONE", "HS256", "HS384", "HS512", "ES384", "ES512", "RS256", "EdDSA", "es256", ""]
    {
        let text = token(&format!(r#"{{"alg":"{alg}"}}"#), CLAIMS, &P256);
        let error = Unverified::parse(&text).unwrap().verify(&verifying).unwrap_err();
        assert!(matches!(error, JoseError::AlgorithmNotAllowed(_)), "{alg}: {error}");
    }
}

#[test]
fn a_token_is_three_parts_in_base64url_and_nothing_else() {
    let good = token(r#"{"alg":"ES256"}"#, CLAIMS, &P256);
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!() };
    assert!(Unverified::parse(&format!(" \t\r\n{good}\n ")).is_ok(), "white space around");
    for bad in [
        String::new(),
        ".".into(),
        "..".into(),
        format!("{header}.{payload}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!("{header}.{payload}."),
        format!(".{payload}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}=.{signature}"),
        format!("{header}.{payload}.{signature}=="),
        format!("{header} .{payload}.{signature}"),
        format!("{header}.{payload}\n.{signature}"),
        format!("{header}.{payload}.{signature}+"),
        format!("{header}.{payload}.{signature}\u{a0}"),
        format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#),
    ] {
        assert!(Unverified::parse(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn bits_behind_the_last_octet_are_not_a_second_spelling() {
    let good = token(r#"{"alg":"ES256"}"#, CLAIMS, &P256);
    // 64 octets leave four bits over: the last character has fifteen twins, all of which are refused.
    let (text, last) = good.split_at(good.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let twins = alphabet.chars().filter(|other| {
        let other = format!("{text}{other}");
        Unverified::parse(&other).is_ok_and(|token| jws::verify(&token, &P256).is_ok())
    });
    assert_eq!(twins.collect::<String>(), last);
}

#[test]
fn critical_extensions_and_detached_payloads_are_refused() {
    for member in [
        r#""crit":["exp"],"exp":1"#,
        r#""crit":[]"#,
        r#""crit":["b64"],"b64":false"#,
        r#""crit":["alg"]"#,
        r#""crit":null"#,
        r#""b64":false"#,
        r#""b64":null"#,
        r#""zip":"DEF""#,
    ] {
        let result = header(&format!(r#"{{"alg":"ES256",{member}}}"#));
        assert!(matches!(result, Err(JoseError::UnsupportedHeader(_))), "{member}");
    }
    assert!(header(r#"{"alg":"ES256","b64":true}"#).is_ok(), "the default, said aloud");
    assert!(header(r#"{"alg":"ES256","x":{"crit":1},"cty":"JWT"}"#).is_ok(), "an unknown parameter");
}

#[test]
fn a_header_is_an_object_of_the_right_types() {
    for text in [
        "",
        "{}",
        "[]",
        "null",
        r#""ES256""#,
        r#"{"alg":1}"#,
        r#"{"alg":null}"#,
        r#"{"alg":["ES256"]}"#,
        r#"{"alg":"ES256","alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":1}"#,
        r#"{"alg":"ES256","kid":null}"#,
        r#"{"alg":"ES256","typ":1}"#,
        r#"{"alg":"ES256","x":{"a":1,"a":1}}"#,
        r#"{"alg":"ES256"}x"#,
        r#"{"alg":"ES256","x5c":"MA=="}"#,
        r#"{"alg":"ES256","x5c":[]}"#,
        r#"{"alg":"ES256","x5c":["MA"]}"#,
        r#"{"alg":"ES256","x5c":["MA==","MA==","MA==","MA==","MA=="]}"#,
    ] {
        assert!(header(text).is_err(), "{text}");
    }
}

#[test]
fn certificates_of_a_header_are_handed_out_and_foreign_keys_are_named() {
    let parse = |text: &str| {
        let token = token(text, CLAIMS, &P256);
        let token = Unverified::parse(&token).unwrap();
        (token.header().certificates().to_vec(), token.header().foreign_key())
    };
    assert_eq!(parse(r#"{"alg":"ES256","x5c":["MAE=","MAI="]}"#), (vec![vec![0x30, 1], vec![0x30, 2]], None));
    // Under the name that keeps libraries from looking at their validity they are found when asked for, and only then.
    let insecure = |text: &str| {
        let token = token(text, CLAIMS, &P256);
        let token = Unverified::parse(&token).unwrap();
        assert!(token.header().certificates().is_empty());
        token.header().insecure_certificates().ok()
    };
    assert_eq!(insecure(r#"{"alg":"ES256","x5cInsecure":["MAE="]}"#), Some(vec![vec![0x30, 1]]));
    assert_eq!(insecure(r#"{"alg":"ES256"}"#), Some(vec![]));
    assert_eq!(insecure(r#"{"alg":"ES256","x5cInsecure":"MAE="}"#), None);
    assert_eq!(insecure(r#"{"alg":"ES256","x5cInsecure":["MA==","MA==","MA==","MA==","MA=="]}"#), None);
    assert_eq!(parse(r#"{"alg":"ES256","jwk":{}}"#).1, Some("jwk"));
    assert_eq!(parse(r#"{"alg":"ES256","jku":"https://x"}"#).1, Some("jku"));
    assert_eq!(parse(r#"{"alg":"ES256","x5u":"https://x"}"#).1, Some("x5u"));
    assert_eq!(parse(r#"{"alg":"ES256"}"#).1, None);
}

#[test]
fn sizes_are_refused_one_octet_past_their_limit() {
    let padded = |overhead: usize, length: usize| "a".repeat(length - overhead);
    for (length, good) in [(limits::HEADER - 1, true), (limits::HEADER, true), (limits::HEADER + 1, false)] {
        let text = format!(r#"{{"alg":"ES256","x":"{}"}}"#, padded(22, length));
        assert_eq!(text.len(), length);
        assert_eq!(header(&text).is_ok(), good, "header {length}");
    }
    for (length, good) in [(limits::KID - 1, true), (limits::KID, true), (limits::KID + 1, false)] {
        assert_eq!(
            header(&format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "a".repeat(length))).is_ok(),
            good,
            "kid {length}"
        );
    }
    let sized = |length: usize| {
        // Of 64 KiB and one less, three octets make four characters; the signature takes up the slack.
        let claims = format!(r#"{{"x":"{}"}}"#, "a".repeat(40_000));
        let text = token(r#"{"alg":"ES256"}"#, &claims, &P256);
        format!("{text}{}", "A".repeat(length - text.len()))
    };
    for (length, good) in [(limits::TOKEN - 1, true), (limits::TOKEN, true), (limits::TOKEN + 1, false)] {
        let text = sized(length);
        let too_long = matches!(Compact::parse(&text), Err(JoseError::TooLong { what: "the token", .. }));
        assert_eq!(too_long, !good, "token {length}");
    }
}

#[test]
fn an_ecdsa_signature_has_full_width_and_both_numbers_in_range() {
    for key in [Jwk::generate_ec(Curve::P256), Jwk::generate_ec(Curve::P384), Jwk::generate_ec(Curve::P521)] {
        let key = key.unwrap();
        let verifying = VerifyingKey::from_jwk(&key).unwrap();
        let algorithm = verifying.algorithms().next().unwrap();
        let signature = SigningKey::from_jwk(&key).unwrap().sign(b"m").unwrap();
        let half = signature.len() / 2;
        verifying.verify(algorithm, b"m", &signature).unwrap();
        let zero = vec![0; half];
        let large = vec![0xff; half];
        for bad in [
            vec![],
            zero.repeat(2),
            large.repeat(2),
            [&zero, &signature[half..]].concat(),
            [&signature[..half], &zero].concat(),
            [&signature[..half], &large].concat(),
            signature[1..].to_vec(),
            signature[..signature.len() - 1].to_vec(),
            [&signature[..], &[0]].concat(),
            [&[0], &signature[..half], &[0], &signature[half..]].concat(),
            [&[0x30, 0x44, 0x02, 0x20], &signature[..half], &[0x02, 0x20], &signature[half..]].concat(),
        ] {
            assert!(verifying.verify(algorithm, b"m", &bad).is_err(), "{} octets", bad.len());
        }
    }
}

#[test]
fn an_ed25519_scalar_past_the_order_is_refused() {
    let key = Jwk::generate_ed25519().unwrap();
    let verifying = VerifyingKey::from_jwk(&key).unwrap();
    let signature = SigningKey::from_jwk(&key).unwrap().sign(b"m").unwrap();
    // L = 2²⁵² + 27742317777372353535851937790883648493, little-endian (RFC 8032 §5.1).
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut twin = signature.clone();
    let mut carry = 0_u16;
    for (octet, add) in twin[32..].iter_mut().zip(&order) {
        let sum = u16::from(*octet) + u16::from(*add) + carry;
        *octet = sum as u8;
        carry = sum >> 8;
    }
    verifying.verify(Algorithm::EdDsa, b"m", &signature).unwrap();
    for bad in [&twin[..], &signature[..63], &[&signature[..], &[0]].concat()] {
        assert!(verifying.verify(Algorithm::EdDsa, b"m", bad).is_err());
    }
}

#[test]
fn an_rsa_signature_is_as_long_as_the_modulus() {
    let key = key("rfc7520-3.4.jwk");
    let verifying = VerifyingKey::from_jwk(&key).unwrap();
    let signature = SigningKey::from_jwk(&key).unwrap().sign(b"m").unwrap();
    verifying.verify(Algorithm::Rs256, b"m", &signature).unwrap();
    for bad in [&signature[..255], &[&[0], &signature[..]].concat(), &[&signature[..], &[0]].concat()] {
        assert!(verifying.verify(Algorithm::Rs256, b"m", bad).is_err());
    }
}

#[test]
fn a_token_keeps_its_identity_whatever_is_done_to_its_signature() {
    let with_jti = token(r#"{"alg":"ES256"}"#, CLAIMS, &P256);
    assert_eq!(Unverified::parse(&with_jti).unwrap().replay_id(), ReplayId::Jti("1"));
    let without = token(r#"{"alg":"ES256"}"#, r#"{"sub":"x"}"#, &P256);
    let again = token(r#"{"alg":"ES256"}"#, r#"{"sub":"x"}"#, &P256);
    assert_ne!(without, again, "ECDSA signatures differ");
    let id = |text: &str| Unverified::parse(text).unwrap().replay_id().to_string();
    assert_eq!(id(&without), id(&again));
    assert!(id(&without).starts_with("sha256:"));
    let empty = token(r#"{"alg":"ES256"}"#, r#"{"sub":"x","jti":""}"#, &P256);
    assert!(id(&empty).starts_with("sha256:"), "an empty jti tells no token from another");
    let imitation = format!(r#"{{"jti":"{}"}}"#, id(&without));
    assert_ne!(id(&token(r#"{"alg":"ES256"}"#, &imitation, &P256)), id(&without));
}

#[test]
fn the_twin_of_an_ecdsa_signature_is_the_same_token() {
    // n − s, computed from the order of P-256.
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let text = token(r#"{"alg":"ES256"}"#, r#"{"sub":"x"}"#, &P256);
    let (input, signature) = text.rsplit_once('.').unwrap();
    let mut signature = decode(signature);
    let mut borrow = 0_i16;
    for (octet, order) in signature[32..].iter_mut().zip(&order).rev() {
        let difference = i16::from(*order) - i16::from(*octet) - borrow;
        *octet = difference.rem_euclid(256) as u8;
        borrow = i16::from(difference < 0);
    }
    let twin = format!("{input}.{}", encode(signature));
    let twin = Unverified::parse(&twin).unwrap();
    jws::verify(&twin, &P256).unwrap();
    assert_eq!(twin.replay_id(), Unverified::parse(&text).unwrap().replay_id());
}

#[test]
fn errors_repeat_little_of_what_came_from_outside() {
    let text = token(&format!(r#"{{"alg":"\u001b[31m{}"}}"#, "x".repeat(1000)), CLAIMS, &P256);
    let error = jws::verify(&Unverified::parse(&text).unwrap(), &P256).unwrap_err().to_string();
    assert!(error.len() < 120 && !error.contains('\u{1b}'), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
        let _ = Unverified::parse(&text);
    }

    #[test]
    fn no_parts_make_the_parser_panic(header in any::<Vec<u8>>(), payload in any::<Vec<u8>>(), signature in any::<Vec<u8>>()) {
        let text = format!("{}.{}.{}", encode(header), encode(payload), encode(signature));
        let _ = Unverified::parse(&text);
    }

    #[test]
    fn one_flipped_bit_refuses_a_token(at in any::<prop::sample::Index>(), bit in 0..7_u8) {
        let good = token(r#"{"alg":"ES256","kid":"k"}"#, CLAIMS, &P256);
        let mut octets = good.clone().into_bytes();
        let at = at.index(octets.len());
        octets[at] ^= 1 << bit;
        let text = String::from_utf8(octets).unwrap();
        // A character in front or at the end may become white space; what is left is still not the token.
        let accepted = Unverified::parse(&text).is_ok_and(|token| jws::verify(&token, &P256).is_ok());
        prop_assert!(!accepted);
    }
}
