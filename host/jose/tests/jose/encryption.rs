//! Private keys under a password.

use std::sync::LazyLock;

use crate::harness::{decode, encode, vector};
use proptest::prelude::*;
use step_jose::{JoseError, Jwk, jwe, limits};

const PASSWORD: &[u8] = "pässword with spaces ".as_bytes();

static MESSAGE: LazyLock<String> = LazyLock::new(|| {
    jwe::encrypt(b"plain", "text/plain", PASSWORD, *limits::PBES2_ITERATIONS.start()).unwrap().to_compact()
});

/// The message with another header, everything else as it was.
fn with_header(header: &str) -> String {
    let rest = MESSAGE.split_once('.').unwrap().1;
    format!("{}.{rest}", encode(header))
}

#[test]
fn a_provisioner_key_is_written_as_upstream_writes_it() {
    let key = Jwk::generate_ec_p256().unwrap();
    let text = jwe::encrypt_jwk(&key, PASSWORD, 100_000).unwrap();
    let header = String::from_utf8(decode(text.split('.').next().unwrap())).unwrap();
    let (before, salt) = header.split_once(r#""p2s":""#).unwrap();
    assert_eq!(before, r#"{"alg":"PBES2-HS256+A128KW","cty":"jwk+json","enc":"A256GCM","p2c":100000,"#);
    assert_eq!(decode(salt.strip_suffix("\"}").unwrap()).len(), 16);
    let again = jwe::decrypt_jwk(&text, PASSWORD).unwrap();
    assert_eq!(again.to_private_json().unwrap(), key.to_private_json().unwrap());
    assert!(matches!(jwe::encrypt_jwk(&key.public(), PASSWORD, 100_000), Err(JoseError::NoPrivateKey)));
}

#[test]
fn the_json_form_has_the_members_of_upstream_and_opens() {
    let message = jwe::encrypt(b"plain", "text/plain", PASSWORD, 1000).unwrap();
    let json = message.to_json();
    let names: Vec<&str> = json.lines().filter_map(|line| line.strip_prefix("  \"")?.split('"').next()).collect();
    assert_eq!(names, ["protected", "encrypted_key", "iv", "ciphertext", "tag"]);
    assert!(json.starts_with("{\n  \"protected\": \"") && json.ends_with("\"\n}"));
    assert_eq!(*jwe::decrypt(&json, PASSWORD).unwrap(), b"plain");
    assert_eq!(*jwe::decrypt(&format!("\n{}\n", message.to_compact()), PASSWORD).unwrap(), b"plain");
}

#[test]
fn the_general_form_opens_for_one_recipient() {
    let parts: Vec<&str> = MESSAGE.split('.').collect();
    let body =
        format!(r#""protected":"{}","iv":"{}","ciphertext":"{}","tag":"{}""#, parts[0], parts[2], parts[3], parts[4]);
    let recipient = format!(r#"{{"encrypted_key":"{}"}}"#, parts[1]);
    let open = |text: String| jwe::decrypt(&text, PASSWORD);
    assert_eq!(*open(format!(r#"{{{body},"recipients":[{recipient}]}}"#)).unwrap(), b"plain");
    for bad in [
        format!(r#"{{{body},"recipients":[]}}"#),
        format!(r#"{{{body},"recipients":[{recipient},{recipient}]}}"#),
        format!(r#"{{{body},"recipients":[{recipient}],"encrypted_key":"{}"}}"#, parts[1]),
        format!(r#"{{{body},"recipients":{recipient}}}"#),
        format!(r#"{{{body},"encrypted_key":"{}","header":{{"enc":"A256GCM"}}}}"#, parts[1]),
        format!(r#"{{{body},"encrypted_key":"{}","unprotected":{{"zip":"DEF"}}}}"#, parts[1]),
        format!(r#"{{{body},"encrypted_key":"{}","unprotected":{{"crit":["x"],"x":1}}}}"#, parts[1]),
        format!(r#"{{{body},"encrypted_key":"{}","unprotected":{{"a":1}},"header":{{"a":1}}}}"#, parts[1]),
        format!(r#"{{{body},"encrypted_key":"{}","unprotected":[]}}"#, parts[1]),
        format!(r#"{{{body},"encrypted_key":"{}","aad":"AAAA"}}"#, parts[1]),
        format!(r#"{{{body},"encrypted_key":"{}","tag":"{}"}}"#, parts[1], parts[4]),
    ] {
        assert!(open(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_wrong_password_and_a_damaged_message_look_alike() {
    for wrong in [&b""[..], b"password", &PASSWORD[..PASSWORD.len() - 1]] {
        assert!(matches!(jwe::decrypt(&MESSAGE, wrong), Err(JoseError::Decryption)));
    }
    let parts: Vec<&str> = MESSAGE.split('.').collect();
    for part in 1..5 {
        let mut octets = decode(parts[part]);
        octets[0] ^= 1;
        let mut changed: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        changed[part] = encode(octets);
        assert!(matches!(jwe::decrypt(&changed.join("."), PASSWORD), Err(JoseError::Decryption)), "part {part}");
        for length in [0, 1, 11, 15] {
            changed[part] = encode(&decode(parts[part])[..length.min(4)]);
            assert!(jwe::decrypt(&changed.join("."), PASSWORD).is_err(), "part {part}, {length} octets");
        }
    }
}

#[test]
fn an_empty_password_is_refused_when_writing() {
    assert!(matches!(jwe::encrypt(b"plain", "a", b"", 1000), Err(JoseError::EmptyPassword)));
}

#[test]
fn rounds_are_bounded_before_they_are_run() {
    let header = |count: &str| {
        with_header(&format!(
            r#"{{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":{count},"p2s":"AAECAwQFBgcICQoLDA0ODw"}}"#
        ))
    };
    for count in ["0", "1", "999", "2000001", "4294967297", "18446744073709551615"] {
        assert!(matches!(jwe::decrypt(&header(count), PASSWORD), Err(JoseError::Iterations(_))), "{count}");
    }
    for count in ["-1", "1000.5", "1e4", "\"1000\"", "null", "[]", "18446744073709551616"] {
        assert!(matches!(jwe::decrypt(&header(count), PASSWORD), Err(JoseError::Member { .. })), "{count}");
    }
    for count in ["1000", "1001", "1999999", "2000000"] {
        assert!(matches!(jwe::decrypt(&header(count), PASSWORD), Err(JoseError::Decryption)), "{count}");
    }
    for count in [0, 999, 2_000_001] {
        assert!(matches!(jwe::encrypt(b"plain", "a", PASSWORD, count), Err(JoseError::Iterations(_))), "{count}");
    }
}

#[test]
fn salts_are_long_enough() {
    for (length, good) in [(0, false), (7, false), (8, true), (64, true)] {
        let salt = encode(vec![1; length]);
        let text = with_header(&format!(r#"{{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1000,"p2s":"{salt}"}}"#));
        let decrypted = matches!(jwe::decrypt(&text, PASSWORD), Err(JoseError::Decryption));
        assert_eq!(decrypted, good, "{length}");
    }
}

#[test]
fn other_algorithms_compression_and_extensions_are_refused() {
    let common = r#""p2c":1000,"p2s":"AAECAwQFBgcICQoLDA0ODw""#;
    for alg in ["none", "PBES2-HS256", "pbes2-hs256+a128kw", "A512KW", "ECDH-1PU", ""] {
        let text = with_header(&format!(r#"{{"alg":"{alg}","enc":"A256GCM",{common}}}"#));
        let error = jwe::decrypt(&text, PASSWORD).unwrap_err();
        assert!(matches!(error, JoseError::UnsupportedEncryption { member: "alg", .. }), "{alg}");
    }
    for alg in ["dir", "A128KW", "A256GCMKW", "RSA1_5", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A128KW"] {
        let text = with_header(&format!(r#"{{"alg":"{alg}","enc":"A256GCM",{common}}}"#));
        let error = jwe::decrypt(&text, PASSWORD).unwrap_err();
        assert!(matches!(error, JoseError::AlgorithmNotAllowed(_)), "{alg}");
    }
    for enc in ["A256CBC", "C20P", "a256gcm", ""] {
        let text = with_header(&format!(r#"{{"alg":"PBES2-HS256+A128KW","enc":"{enc}",{common}}}"#));
        let error = jwe::decrypt(&text, PASSWORD).unwrap_err();
        assert!(matches!(error, JoseError::UnsupportedEncryption { member: "enc", .. }), "{enc}");
    }
    for member in [r#""zip":"DEF""#, r#""crit":["x"],"x":1"#, r#""crit":[]"#] {
        let text = with_header(&format!(r#"{{"alg":"PBES2-HS256+A128KW","enc":"A256GCM",{common},{member}}}"#));
        assert!(matches!(jwe::decrypt(&text, PASSWORD), Err(JoseError::UnsupportedHeader(_))), "{member}");
    }
}

#[test]
fn a_content_key_of_the_wrong_length_opens_nothing() {
    for enc in ["A128GCM", "A192GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"] {
        let header = String::from_utf8(decode(MESSAGE.split('.').next().unwrap())).unwrap();
        let text = with_header(&header.replace("A256GCM", enc));
        assert!(matches!(jwe::decrypt(&text, PASSWORD), Err(JoseError::Decryption)), "{enc}");
    }
}

#[test]
fn a_message_has_five_parts_and_bounded_length() {
    let good = MESSAGE.as_str();
    for bad in ["", "....", "a.b.c", &format!("{good}."), &format!("{good}.a"), &good.replacen('.', "=.", 1)] {
        assert!(jwe::decrypt(bad, PASSWORD).is_err(), "{bad:.40}");
    }
    let long = format!("{good}{}", "A".repeat(limits::TOKEN));
    assert!(matches!(jwe::decrypt(&long, PASSWORD), Err(JoseError::TooLong { .. })));
    assert!(jwe::decrypt(&vector("rfc7515-a.3.jws"), PASSWORD).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\{?\\PC{0,200}") {
        let _ = jwe::decrypt(&text, PASSWORD);
    }

    #[test]
    fn one_flipped_bit_opens_nothing(at in any::<prop::sample::Index>(), bit in 0..7_u8) {
        let mut octets = MESSAGE.clone().into_bytes();
        let at = at.index(octets.len());
        octets[at] ^= 1 << bit;
        let text = String::from_utf8(octets).unwrap();
        prop_assert!(jwe::decrypt(&text, PASSWORD).is_err());
    }
}
