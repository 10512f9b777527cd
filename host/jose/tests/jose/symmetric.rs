//! MACs and their keys: for the command line alone.

use crate::harness::{decode, encode, key, vector};
use step_jose::{
    Algorithm, Curve, JoseError, Jwk, JwkSet, MacAlgorithm, MacKey, SymmetricKey, UncheckedKeys, VerifyingKey,
    jws::{self, Compact, ProtectedHeader, Unverified},
};

fn symmetric(name: &str) -> SymmetricKey {
    SymmetricKey::from_slice(vector(name).as_bytes()).unwrap()
}

fn every_kind() -> Vec<Jwk> {
    let mut keys: Vec<Jwk> =
        [Curve::P256, Curve::P384, Curve::P521].map(|curve| Jwk::generate_ec(curve).unwrap()).to_vec();
    keys.extend([Jwk::generate_ed25519().unwrap(), key("rfc7520-3.4.jwk")]);
    keys
}

#[test]
fn the_examples_with_a_mac_verify_and_are_made_again() {
    for name in ["rfc7515-a.1", "rfc7520-4.4"] {
        let text = vector(&format!("{name}.jws"));
        let verifying = MacKey::to_verify(&symmetric(&format!("{name}.jwk"))).unwrap();
        Compact::parse(&text).unwrap().verify_mac(&verifying).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let (text, shared) = (vector("rfc7520-4.4.jws"), symmetric("rfc7520-4.4.jwk"));
    let payload = Compact::parse(&text).unwrap().payload().to_vec();
    let header = ProtectedHeader { kid: shared.kid(), ..ProtectedHeader::default() };
    assert_eq!(jws::sign_with_mac(&header, payload, &MacKey::to_sign(&shared).unwrap()), text);
}

#[test]
fn no_way_leads_from_a_symmetric_key_to_a_verifying_key() {
    let text = vector("rfc7520-4.4.jwk");
    assert!(matches!(Jwk::from_json(&text), Err(JoseError::SymmetricKey)));
    assert!(serde_json::from_str::<Jwk>(&text).is_err());
    assert!(JwkSet::from_json(&format!(r#"{{"keys":[{text}]}}"#)).unwrap().keys().is_empty());
    let UncheckedKeys::One(unchecked) = UncheckedKeys::from_json(&text).unwrap() else { panic!("it is one key") };
    assert!(unchecked.is_secret() && unchecked.kind().is_none());
    assert!(matches!(unchecked.check(), Err(JoseError::SymmetricKey)));
    assert!(VerifyingKey::from_spki(&decode("hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg")).is_err());
    for algorithm in [MacAlgorithm::Hs256, MacAlgorithm::Hs384, MacAlgorithm::Hs512] {
        assert_eq!(Algorithm::from_name(algorithm.name()), None);
    }
}

#[test]
fn a_mac_keyed_with_a_public_key_verifies_with_no_key_of_a_provisioner() {
    for public in every_kind().iter().map(Jwk::public) {
        let verifying = VerifyingKey::from_jwk(&public).unwrap();
        // What a forger has: the public key, in every form it is published in.
        for octets in [public.to_json().into_bytes(), verifying.spki_der(), decode(&public.thumbprint())] {
            for hash in [aws_lc_rs::hmac::HMAC_SHA256, aws_lc_rs::hmac::HMAC_SHA384, aws_lc_rs::hmac::HMAC_SHA512] {
                let bits = hash.digest_algorithm().output_len() * 8;
                let input = format!("{}.{}", encode(format!(r#"{{"alg":"HS{bits}"}}"#)), encode("{}"));
                let mac = aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(hash, &octets), input.as_bytes());
                let text = format!("{input}.{}", encode(mac));
                let error = Unverified::parse(&text).unwrap().verify(&verifying).unwrap_err();
                assert!(matches!(error, JoseError::AlgorithmNotAllowed(_)), "HS{bits}");
            }
        }
    }
}

#[test]
fn a_public_key_is_never_a_secret() {
    for public in every_kind().iter().map(Jwk::public) {
        let spki = VerifyingKey::from_jwk(&public).unwrap().spki_der();
        let pem = format!("\n-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", encode(&spki));
        for octets in [public.to_json().into_bytes(), spki, pem.into_bytes()] {
            assert!(matches!(SymmetricKey::from_octets(&octets), Err(JoseError::PublicSecret)));
            let disguised = format!(r#"{{"kty":"oct","k":"{}"}}"#, encode(&octets));
            assert!(matches!(SymmetricKey::from_slice(disguised.as_bytes()), Err(JoseError::PublicSecret)));
        }
    }
}

#[test]
fn a_key_is_at_least_as_long_as_the_hash() {
    for (algorithm, length) in [(MacAlgorithm::Hs256, 32), (MacAlgorithm::Hs384, 48), (MacAlgorithm::Hs512, 64)] {
        let of = |length| SymmetricKey::generate(length).unwrap().with_alg(algorithm.name());
        assert!(matches!(MacKey::to_sign(&of(length - 1)), Err(JoseError::KeyLength { want, .. }) if want == length));
        assert!(matches!(MacKey::to_verify(&of(length - 1)), Err(JoseError::KeyLength { .. })));
        assert_eq!(MacKey::to_sign(&of(length)).unwrap().algorithm(), algorithm);
    }
    assert!(SymmetricKey::from_octets(b"").is_err());
    assert!(SymmetricKey::from_slice(br#"{"kty":"oct","k":""}"#).is_err());
}

#[test]
fn a_mac_of_another_algorithm_a_short_one_and_a_changed_one_are_refused() {
    let (text, shared) = (vector("rfc7520-4.4.jws"), symmetric("rfc7520-4.4.jwk"));
    let verifying = MacKey::to_verify(&shared).unwrap();
    let (input, mac) = text.rsplit_once('.').unwrap();
    let mac = decode(mac);
    for length in 1..mac.len() {
        let cut = format!("{input}.{}", encode(&mac[..length]));
        assert!(matches!(Compact::parse(&cut).unwrap().verify_mac(&verifying), Err(JoseError::BadSignature)));
    }
    for at in 0..mac.len() {
        let mut changed = mac.clone();
        changed[at] ^= 0x80;
        let changed = format!("{input}.{}", encode(changed));
        assert!(matches!(Compact::parse(&changed).unwrap().verify_mac(&verifying), Err(JoseError::BadSignature)));
    }
    for alg in ["HS384", "hs256", "none", "ES256"] {
        let other = format!("{}.{}.{}", encode(format!(r#"{{"alg":"{alg}"}}"#)), encode("{}"), encode(&mac));
        let error = Compact::parse(&other).unwrap().verify_mac(&verifying).unwrap_err();
        assert!(matches!(error, JoseError::AlgorithmNotAllowed(_)), "{alg}");
    }
}

#[test]
fn a_key_reads_as_it_was_written_and_shows_nothing() {
    let shared = SymmetricKey::generate(32).unwrap().with_kid("k").with_alg("HS256").with_key_use("sig");
    let text = shared.to_private_json();
    let again = SymmetricKey::from_slice(text.as_bytes()).unwrap();
    assert_eq!(*again.to_private_json(), *text);
    assert_eq!(
        (again.kid(), again.alg(), again.key_use(), again.length()),
        (Some("k"), Some("HS256"), Some("sig"), 32)
    );
    let secret = serde_json::from_str::<serde_json::Value>(&text).unwrap()["k"].as_str().unwrap().to_owned();
    for shown in [format!("{shared:?}"), format!("{:?}", MacKey::to_sign(&shared).unwrap())] {
        assert!(!shown.contains(&secret[..8]), "{shown}");
    }
}

#[test]
fn a_key_to_be_put_in_a_header_leaves_its_private_part_behind() {
    let own = Jwk::generate_ec_p256().unwrap();
    let header =
        ProtectedHeader { jwk: Some(&own), jku: Some("https://a"), cty: Some("b"), ..ProtectedHeader::default() };
    let text = jws::sign(&header, "{}", &own).unwrap();
    let parsed = Compact::parse(&text).unwrap();
    let member = parsed.header().member("jwk").unwrap().to_string();
    assert!(!Jwk::from_json(&member).unwrap().is_private() && !member.contains("\"d\""), "{member}");
    assert_eq!(parsed.header().foreign_key(), Some("jwk"));
}

#[test]
fn a_symmetric_key_of_a_set_is_found_by_name_and_type() {
    let (shared, own) = (vector("rfc7520-4.4.jwk"), Jwk::generate_ec_p256().unwrap().with_kid("k"));
    let set = format!(r#"{{"keys":[7,{},{shared}]}}"#, own.to_json());
    let found = SymmetricKey::find_in_set(&set, "018c0ae5-4d9b-471b-bfd6-eef314bc7037").unwrap().unwrap();
    assert_eq!(*found.to_private_json(), *SymmetricKey::from_slice(shared.as_bytes()).unwrap().to_private_json());
    assert!(SymmetricKey::find_in_set(&set, "k").unwrap().is_none());
    for bad in ["{}", r#"{"keys":{}}"#, r#"{"keys":[{"kty":"oct","kid":"k"}]}"#] {
        assert!(SymmetricKey::find_in_set(bad, "k").is_err(), "{bad}");
    }
}
