//! Messages encrypted to keys: every algorithm there and back, and every way in which one can be wrong.

use crate::harness::{decode, encode, key, vector, with};
use step_jose::{
    Curve, JoseError, Jwk, SymmetricKey,
    jwe::{self, AesSize, ContentEncryption, Encryption, Key, KeyManagement, Legacy, Received, encrypt_to},
};

const SIZES: [AesSize; 3] = [AesSize::A128, AesSize::A192, AesSize::A256];

fn symmetric(name: &str) -> SymmetricKey {
    SymmetricKey::from_slice(vector(name).as_bytes()).unwrap()
}

/// The key of RFC 7520 §5.1 without the name of an algorithm.
fn rsa() -> Jwk {
    key("rfc7520-5.1.jwk")
}

fn ec(curve: Curve) -> Jwk {
    let text = Jwk::generate_ec(curve).unwrap().to_private_json().unwrap();
    Jwk::from_json(&with(&with(&text, "alg", None), "use", Some("\"enc\""))).unwrap()
}

fn parameters(algorithm: KeyManagement, encryption: ContentEncryption) -> Encryption<'static> {
    Encryption { algorithm, encryption, kid: Some("k"), typ: None, cty: Some("text/plain") }
}

fn seal(algorithm: KeyManagement, key: Key<'_>) -> Result<String, JoseError> {
    encrypt_to(b"plain", &parameters(algorithm, ContentEncryption::A256Gcm), key).map(|message| message.to_compact())
}

fn open(text: &str, key: Key<'_>) -> Result<Vec<u8>, JoseError> {
    Received::parse(text)?.open(key).map(|plaintext| plaintext.to_vec())
}

/// The message with a parameter of its header changed.
fn with_parameter(text: &str, name: &str, value: Option<&str>) -> String {
    let (header, rest) = text.split_once('.').unwrap();
    let header = String::from_utf8(decode(header)).unwrap();
    format!("{}.{rest}", encode(with(&header, name, value)))
}

/// The message with another encrypted key.
fn with_encrypted_key(text: &str, encrypted_key: &[u8]) -> String {
    let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    parts[1] = encode(encrypted_key);
    parts.join(".")
}

#[test]
fn the_examples_of_rfc_7516_and_7520_open() {
    let frodo = "You can trust us to stick with you through thick and thin\u{2013}to the bitter end. And you can trust \
                 us to keep any secret of yours\u{2013}closer than you keep it yourself. But you cannot trust us to let \
                 you face trouble alone, and go off without a word. We are your friends, Frodo.";
    for name in ["5.4", "5.5"] {
        let recipient = key(&format!("rfc7520-{name}.jwk"));
        let plaintext = open(&vector(&format!("rfc7520-{name}.jwe")), Key::Jwk(&recipient, Legacy::Refused)).unwrap();
        assert_eq!(String::from_utf8(plaintext).unwrap(), frodo, "{name}");
    }
    for (name, of) in
        [("5.6", "5.6"), ("5.7", "5.7"), ("5.8", "5.8"), ("5.10", "5.8"), ("5.11", "5.8"), ("5.12", "5.8")]
    {
        let recipient = symmetric(&format!("rfc7520-{of}.jwk"));
        let plaintext = open(&vector(&format!("rfc7520-{name}.jwe")), Key::Symmetric(&recipient)).unwrap();
        assert_eq!(String::from_utf8(plaintext).unwrap(), frodo, "{name}");
    }
    let recipient = key("rfc7520-5.2.jwk");
    let plaintext = open(&vector("rfc7520-5.2.jwe"), Key::Jwk(&recipient, Legacy::Refused)).unwrap();
    assert_eq!(String::from_utf8(plaintext).unwrap(), frodo);
    let recipient = key("rfc7516-a.1.jwk");
    let plaintext = open(&vector("rfc7516-a.1.jwe"), Key::Jwk(&recipient, Legacy::Refused)).unwrap();
    assert_eq!(plaintext, b"The true sign of intelligence is not knowledge but imagination.");
    let recipient = symmetric("rfc7516-a.3.jwk");
    for name in ["rfc7516-a.3.jwe", "rfc7516-a.5.jwe"] {
        let plaintext = open(&vector(name), Key::Symmetric(&recipient)).unwrap();
        assert_eq!(plaintext, b"Live long and prosper.", "{name}");
    }
    let (recipient, message) = (key("rfc7516-a.2.jwk"), vector("rfc7516-a.2.jwe"));
    assert!(matches!(open(&message, Key::Jwk(&recipient, Legacy::Refused)), Err(JoseError::Legacy)));
    assert_eq!(open(&message, Key::Jwk(&recipient, Legacy::Allowed)).unwrap(), b"Live long and prosper.");

    let message = vector("rfc7520-5.1.jwe");
    assert!(matches!(open(&message, Key::Jwk(&rsa(), Legacy::Refused)), Err(JoseError::Legacy)));
    let plaintext = open(&message, Key::Jwk(&rsa(), Legacy::Allowed)).unwrap();
    assert_eq!(String::from_utf8(plaintext).unwrap(), frodo);
}

#[test]
fn the_examples_with_several_recipients_and_with_compression_are_refused_by_name() {
    for name in ["rfc7516-a.4.jwe", "rfc7520-5.13.jwe"] {
        let error = Received::parse(&vector(name)).unwrap_err();
        assert!(matches!(error, JoseError::Member { member: "recipients", .. }), "{name}: {error}");
    }
    let error = Received::parse(&vector("rfc7520-5.9.jwe")).unwrap_err();
    assert!(matches!(error, JoseError::UnsupportedHeader("zip")), "{error}");
}

#[test]
fn every_algorithm_opens_what_it_sealed_with_every_encryption() {
    let (rsa, p256, p384, p521) = (rsa(), ec(Curve::P256), ec(Curve::P384), ec(Curve::P521));
    for encryption in ContentEncryption::ALL {
        let shared = SymmetricKey::generate(encryption.key_length()).unwrap();
        let wrapping = SIZES.map(|size| SymmetricKey::generate(size.octets()).unwrap());
        let mut cases = vec![(KeyManagement::Direct, Key::Symmetric(&shared))];
        for algorithm in [KeyManagement::Rsa15, KeyManagement::RsaOaep, KeyManagement::RsaOaep256] {
            cases.push((algorithm, Key::Jwk(&rsa, Legacy::Allowed)));
        }
        for recipient in [&p256, &p384, &p521] {
            cases.push((KeyManagement::EcdhEs, Key::Jwk(recipient, Legacy::Refused)));
        }
        for (size, kek) in SIZES.into_iter().zip(&wrapping) {
            cases.push((KeyManagement::EcdhEsKeyWrap(size), Key::Jwk(&p256, Legacy::Refused)));
            cases.push((KeyManagement::AesKeyWrap(size), Key::Symmetric(kek)));
            cases.push((KeyManagement::AesGcmKeyWrap(size), Key::Symmetric(kek)));
            cases.push((KeyManagement::Pbes2(size), Key::Password { password: b"secret", iterations: 1000 }));
        }
        for (algorithm, recipient) in cases {
            let message = encrypt_to(b"plain", &parameters(algorithm, encryption), recipient).unwrap();
            for text in [message.to_compact(), message.to_json()] {
                let received = Received::parse(&text).unwrap();
                assert_eq!((received.algorithm(), received.encryption()), (algorithm, encryption));
                assert_eq!(received.kid(), Some("k"));
                assert_eq!(*received.open(recipient).unwrap(), b"plain", "{algorithm} {encryption}");
            }
        }
    }
}

#[test]
fn a_key_of_another_type_length_or_curve_is_refused() {
    fn jwk(key: &Jwk) -> Key<'_> {
        Key::Jwk(key, Legacy::Allowed)
    }
    let (rsa, p256, p384) = (rsa(), ec(Curve::P256), ec(Curve::P384));
    let ed25519 = Jwk::from_json(&with(&Jwk::generate_ed25519().unwrap().to_json(), "alg", None)).unwrap();
    let short = SymmetricKey::generate(31).unwrap();
    for (algorithm, recipient) in [
        (KeyManagement::RsaOaep, jwk(&p256)),
        (KeyManagement::EcdhEs, jwk(&rsa)),
        (KeyManagement::EcdhEs, jwk(&ed25519)),
        (KeyManagement::Direct, jwk(&rsa)),
        (KeyManagement::AesKeyWrap(AesSize::A256), jwk(&rsa)),
        (KeyManagement::RsaOaep, Key::Symmetric(&short)),
        (KeyManagement::AesKeyWrap(AesSize::A256), Key::Symmetric(&short)),
        (KeyManagement::AesGcmKeyWrap(AesSize::A256), Key::Symmetric(&short)),
        (KeyManagement::Direct, Key::Symmetric(&short)),
        (KeyManagement::Pbes2(AesSize::A128), Key::Symmetric(&short)),
        (KeyManagement::Direct, Key::Password { password: b"secret", iterations: 1000 }),
    ] {
        assert!(seal(algorithm, recipient).is_err(), "{algorithm}");
    }
    let message = seal(KeyManagement::EcdhEs, jwk(&p256)).unwrap();
    assert!(matches!(open(&message, jwk(&p384)), Err(JoseError::Decryption)));
    assert!(matches!(open(&message, jwk(&ec(Curve::P256))), Err(JoseError::Decryption)));
    assert!(matches!(open(&message, jwk(&p256.public())), Err(JoseError::NoPrivateKey)));
    let message = seal(KeyManagement::RsaOaep, jwk(&rsa)).unwrap();
    assert!(matches!(open(&message, jwk(&rsa.public())), Err(JoseError::NoPrivateKey)));
}

#[test]
fn what_a_key_says_it_is_for_binds() {
    let text = rsa().to_private_json().unwrap();
    let restricted = |member, value| Jwk::from_json(&with(&text, member, Some(value))).unwrap();
    let message = seal(KeyManagement::RsaOaep, Key::Jwk(&rsa(), Legacy::Refused)).unwrap();
    for (member, value) in [
        ("use", "\"sig\""),
        ("alg", "\"RSA-OAEP-256\""),
        ("alg", "\"RS256\""),
        ("key_ops", "[\"sign\"]"),
        ("key_ops", "[]"),
    ] {
        let recipient = restricted(member, value);
        assert!(open(&message, Key::Jwk(&recipient, Legacy::Refused)).is_err(), "{member} {value}");
        assert!(seal(KeyManagement::RsaOaep, Key::Jwk(&recipient, Legacy::Refused)).is_err(), "{member} {value}");
    }
    let only_opens = restricted("key_ops", "[\"unwrapKey\"]");
    assert_eq!(open(&message, Key::Jwk(&only_opens, Legacy::Refused)).unwrap(), b"plain");
    assert!(seal(KeyManagement::RsaOaep, Key::Jwk(&only_opens, Legacy::Refused)).is_err());
    // A key for AES key wrap is not one for content, nor for MACs.
    let wrapping = symmetric("rfc7520-5.8.jwk");
    assert!(seal(KeyManagement::Direct, Key::Symmetric(&wrapping)).is_err());
    assert!(matches!(step_jose::MacKey::to_sign(&wrapping), Err(JoseError::KeyUse("sign"))));
    let signing = symmetric("rfc7520-4.4.jwk");
    assert!(seal(KeyManagement::AesKeyWrap(AesSize::A256), Key::Symmetric(&signing)).is_err());
}

#[test]
fn an_ephemeral_key_is_public_on_the_curve_and_of_the_curve() {
    let recipient = key("rfc7520-5.5.jwk");
    let opening = Key::Jwk(&recipient, Legacy::Refused);
    let message = vector("rfc7520-5.5.jwe");
    let other_curve = Jwk::generate_ec(Curve::P384).unwrap().to_json();
    let private = Jwk::generate_ec(Curve::P256).unwrap().to_private_json().unwrap();
    let off_curve = with(&recipient.to_json(), "x", Some(&format!("\"{}\"", encode([1; 32]))));
    let infinity = with(&with(&recipient.to_json(), "x", Some("\"\"")), "y", Some("\"\""));
    let zero = format!("\"{}\"", encode([0; 32]));
    let origin = with(&with(&recipient.to_json(), "x", Some(&zero)), "y", Some(&zero));
    let short = with(&recipient.to_json(), "x", Some(&format!("\"{}\"", encode([1; 31]))));
    for epk in [
        &other_curve,
        private.as_str(),
        &off_curve,
        &infinity,
        &origin,
        &short,
        "{}",
        "\"k\"",
        "null",
        "{\"kty\":\"oct\"}",
    ] {
        assert!(open(&with_parameter(&message, "epk", Some(epk)), opening).is_err(), "{epk}");
    }
    assert!(matches!(open(&with_parameter(&message, "epk", Some(&private)), opening), Err(JoseError::SecretKey)));
    assert!(matches!(
        open(&with_parameter(&message, "epk", None), opening),
        Err(JoseError::Missing { member: "epk", .. })
    ));
    for (name, value) in [("apu", "\"=\""), ("apv", "7")] {
        assert!(open(&with_parameter(&message, name, Some(value)), opening).is_err(), "{name}");
    }
}

#[test]
fn an_encrypted_key_is_there_exactly_where_it_belongs() {
    let (shared, recipient) = (symmetric("rfc7520-5.6.jwk"), key("rfc7520-5.5.jwk"));
    for (name, opening) in
        [("rfc7520-5.6.jwe", Key::Symmetric(&shared)), ("rfc7520-5.5.jwe", Key::Jwk(&recipient, Legacy::Refused))]
    {
        let error = open(&with_encrypted_key(&vector(name), &[0; 24]), opening).unwrap_err();
        assert!(matches!(error, JoseError::Member { member: "encrypted_key", .. }), "{name}");
    }
    let wrapping = symmetric("rfc7520-5.8.jwk");
    for length in [0, 8, 16, 23, 25, 32, 40] {
        let message = with_encrypted_key(&vector("rfc7520-5.8.jwe"), &vec![1; length]);
        assert!(matches!(open(&message, Key::Symmetric(&wrapping)), Err(JoseError::Decryption)), "{length}");
    }
}

#[test]
fn a_content_key_of_another_length_opens_nothing() {
    let wrapping = symmetric("rfc7520-5.8.jwk");
    for enc in ["A192GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"] {
        let message = with_parameter(&vector("rfc7520-5.8.jwe"), "enc", Some(&format!("\"{enc}\"")));
        assert!(matches!(open(&message, Key::Symmetric(&wrapping)), Err(JoseError::Decryption)), "{enc}");
    }
}

#[test]
fn nonces_and_tags_of_a_wrapped_key_have_their_length() {
    let wrapping = symmetric("rfc7520-5.7.jwk");
    let message = vector("rfc7520-5.7.jwe");
    for (name, lengths) in [("iv", [0, 8, 11, 13, 16]), ("tag", [0, 8, 12, 15, 17])] {
        for length in lengths {
            let value = format!("\"{}\"", encode(vec![0; length]));
            let error = open(&with_parameter(&message, name, Some(&value)), Key::Symmetric(&wrapping)).unwrap_err();
            assert!(matches!(error, JoseError::Decryption), "{name} {length}");
        }
        let error = open(&with_parameter(&message, name, None), Key::Symmetric(&wrapping)).unwrap_err();
        assert!(matches!(error, JoseError::Missing { .. }), "{name}");
    }
}

#[test]
fn tags_and_vectors_of_the_content_have_their_length() {
    for (name, of) in [("rfc7516-a.3.jwe", "rfc7516-a.3.jwk"), ("rfc7520-5.8.jwe", "rfc7520-5.8.jwk")] {
        let (message, wrapping) = (vector(name), symmetric(of));
        let parts: Vec<&str> = message.split('.').collect();
        for part in [2, 4] {
            let octets = decode(parts[part]);
            for length in 0..octets.len() {
                let cut = encode(&octets[..length]);
                let mut changed = parts.clone();
                changed[part] = &cut;
                let error = open(&changed.join("."), Key::Symmetric(&wrapping)).unwrap_err();
                assert!(matches!(error, JoseError::Decryption), "{name}: part {part}, {length} octets");
            }
            let long = encode([octets.as_slice(), &[0]].concat());
            let mut changed = parts.clone();
            changed[part] = &long;
            assert!(open(&changed.join("."), Key::Symmetric(&wrapping)).is_err(), "{name}: part {part}");
        }
    }
}

#[test]
fn nobody_learns_from_rsa1_5_whether_the_padding_was_wrong() {
    let (rsa, message) = (rsa(), vector("rfc7520-5.1.jwe"));
    let opening = Key::Jwk(&rsa, Legacy::Allowed);
    let parts: Vec<&str> = message.split('.').collect();
    let mut damaged_content = parts.clone();
    let tag = encode([0; 16]);
    damaged_content[4] = &tag;
    let good_padding = open(&damaged_content.join("."), opening).unwrap_err().to_string();
    let mut encrypted_key = decode(parts[1]);
    encrypted_key[255] ^= 1;
    let bad_padding = open(&with_encrypted_key(&message, &encrypted_key), opening).unwrap_err().to_string();
    // The padding is good here, and the key within it as long as another encryption needs.
    let other_length = with_parameter(&message, "enc", Some("\"A256CBC-HS512\""));
    assert_eq!(open(&other_length, opening).unwrap_err().to_string(), good_padding);
    assert_eq!(bad_padding, good_padding);
}

#[test]
fn an_encrypted_key_to_rsa_is_as_long_as_the_modulus() {
    let rsa = rsa();
    let opening = Key::Jwk(&rsa, Legacy::Refused);
    let message = seal(KeyManagement::RsaOaep256, opening).unwrap();
    for length in [0, 1, 255, 257, 512] {
        let error = open(&with_encrypted_key(&message, &vec![1; length]), opening).unwrap_err();
        assert!(matches!(error, JoseError::Decryption), "{length}");
    }
    let swapped = with_parameter(&message, "alg", Some("\"RSA-OAEP\""));
    assert!(matches!(open(&swapped, opening), Err(JoseError::Decryption)));
}

#[test]
fn a_message_to_a_key_is_not_one_under_a_password() {
    let message = vector("rfc7520-5.8.jwe");
    assert!(matches!(jwe::decrypt(&message, b"secret"), Err(JoseError::AlgorithmNotAllowed(_))));
    let message = jwe::encrypt(b"plain", "a", b"0123456789abcdef", 1000).unwrap().to_compact();
    let shared = SymmetricKey::from_octets(b"0123456789abcdef").unwrap();
    assert!(matches!(open(&message, Key::Symmetric(&shared)), Err(JoseError::AlgorithmNotAllowed(_))));
}
