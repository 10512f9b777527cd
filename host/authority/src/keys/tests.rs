//! What the key files promise, tried on every kind of key.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use proptest::prelude::*;

use super::*;
use crate::pem;

const PASSWORD: &[u8] = "correct horse, Ωμέγα".as_bytes();

const SPECS: [KeySpec; 5] =
    [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::Rsa { bits: 2048 }, KeySpec::Ed25519];

fn key(spec: KeySpec) -> PrivateKey {
    PrivateKey::generate(spec).unwrap()
}

#[test]
fn every_form_a_key_is_written_in_is_read_back() {
    for spec in SPECS {
        let key = key(spec);
        assert_eq!(key.spec(), spec);
        for (text, encrypted) in [
            (key.to_pem().unwrap(), false),
            (key.to_pkcs8_pem().unwrap(), false),
            (key.to_encrypted_pem(PASSWORD).unwrap(), true),
            (key.to_encrypted_pkcs8_pem(PASSWORD).unwrap(), true),
        ] {
            assert_eq!(is_encrypted_pem(&text), encrypted, "{spec:?}");
            let again = PrivateKey::from_pem(&text, Some(PASSWORD)).unwrap();
            assert_eq!(again.spki_der(), key.spki_der(), "{spec:?}");
            assert_eq!(PrivateKey::from_pem(&text, None).is_ok(), !encrypted, "{spec:?}");
        }
    }
}

#[test]
fn labels_and_headers_are_those_of_upstream() {
    let first_lines =
        |text: &str, count: usize| text.lines().take(count).map(str::to_owned).collect::<Vec<_>>().join("\n");
    let p256 = key(KeySpec::EcP256);
    assert_eq!(first_lines(&p256.to_pem().unwrap(), 1), "-----BEGIN EC PRIVATE KEY-----");
    let encrypted = p256.to_encrypted_pem(PASSWORD).unwrap();
    let lines: Vec<&str> = encrypted.lines().collect();
    assert_eq!(lines[..2], ["-----BEGIN EC PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"]);
    let iv = lines[2].strip_prefix("DEK-Info: AES-256-CBC,").unwrap();
    assert!(iv.len() == 32 && !iv.chars().any(|character| character.is_ascii_uppercase()), "{iv}");
    assert_eq!(lines[3], "");

    let rsa = key(KeySpec::Rsa { bits: 2048 });
    assert_eq!(first_lines(&rsa.to_pem().unwrap(), 1), "-----BEGIN RSA PRIVATE KEY-----");
    let ed25519 = key(KeySpec::Ed25519);
    assert_eq!(first_lines(&ed25519.to_pem().unwrap(), 1), "-----BEGIN PRIVATE KEY-----");
    let encrypted = ed25519.to_encrypted_pem(PASSWORD).unwrap();
    assert_eq!(first_lines(&encrypted, 1), "-----BEGIN ENCRYPTED PRIVATE KEY-----");
}

#[test]
fn an_ed25519_key_is_written_as_pkcs8_version_one() {
    let der = key(KeySpec::Ed25519).to_pkcs8_der().unwrap();
    // SEQUENCE, version 0, id-Ed25519, OCTET STRING in OCTET STRING: 48 octets in all.
    assert_eq!(der[..5], [0x30, 0x2e, 0x02, 0x01, 0x00]);
    assert_eq!(der[12..16], [0x04, 0x22, 0x04, 0x20]);
    assert_eq!(der.len(), 48);
}

#[test]
fn signatures_verify_with_the_public_key() {
    for spec in SPECS {
        let key = key(spec);
        let (algorithm, library): (_, &'static dyn VerificationAlgorithm) = match spec {
            KeySpec::EcP256 => (SignatureAlgorithm::EcdsaSha256, &ECDSA_P256_SHA256_ASN1),
            KeySpec::EcP384 => (SignatureAlgorithm::EcdsaSha384, &ECDSA_P384_SHA384_ASN1),
            KeySpec::EcP521 => (SignatureAlgorithm::EcdsaSha512, &ECDSA_P521_SHA512_ASN1),
            KeySpec::Rsa { .. } => (SignatureAlgorithm::RsaSha256, &RSA_PKCS1_2048_8192_SHA256),
            KeySpec::Ed25519 => (SignatureAlgorithm::Ed25519, &ED25519),
        };
        assert_eq!(key.algorithm(), algorithm);
        let signature = key.sign(b"message").unwrap();
        UnparsedPublicKey::new(library, key.public_key()).verify(b"message", &signature).unwrap();
    }
}

#[test]
fn a_wrong_password_is_never_taken_for_the_right_one() {
    // Once in 256 tries the padding comes out right by chance; a thousand tries meet that.
    let text = key(KeySpec::EcP256).to_encrypted_pem(PASSWORD).unwrap();
    for number in 0..1000 {
        let wrong = format!("wrong {number}");
        let error = PrivateKey::from_pem(&text, Some(wrong.as_bytes())).unwrap_err();
        assert_eq!(error, PrivateKeyError::WrongPassword, "{wrong}");
    }
    let text = key(KeySpec::Ed25519).to_encrypted_pem(PASSWORD).unwrap();
    assert_eq!(PrivateKey::from_pem(&text, Some(b"")).unwrap_err(), PrivateKeyError::WrongPassword);
    assert_eq!(PrivateKey::from_pem(&text, None).unwrap_err(), PrivateKeyError::PasswordNeeded);
}

/// An encrypted key whose parameters a test may change.
fn encrypted_der(key: &PrivateKey) -> Vec<u8> {
    let text = key.to_encrypted_pkcs8_pem(PASSWORD).unwrap();
    pem::blocks(&text).unwrap().remove(0).contents.to_vec()
}

fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = der.windows(from.len()).position(|window| window == from).unwrap();
    [&der[..at], to, &der[at + from.len()..]].concat()
}

#[test]
fn the_malformed_parameters_of_old_upstream_files_are_read() {
    let key = key(KeySpec::Ed25519);
    let der = encrypted_der(&key);
    let hmac_with_sha256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
    let prf = |parameters: [u8; 2]| [&hmac_with_sha256[..], &parameters].concat();
    let read = |der: &[u8]| PrivateKey::from_pem(&pem::encode("ENCRYPTED PRIVATE KEY", der), Some(PASSWORD));
    let malformed = replaced(&der, &prf([5, 0]), &prf([0, 0]));
    assert_eq!(read(&malformed).unwrap().spki_der(), key.spki_der());
    let nonsense = replaced(&der, &prf([5, 0]), &prf([5, 1]));
    assert_eq!(read(&nonsense).unwrap_err(), PrivateKeyError::MalformedParameters);
}

#[test]
fn a_file_cannot_ask_for_too_many_rounds() {
    let der = encrypted_der(&key(KeySpec::Ed25519));
    let rounds = |count: u32| [&[0x02, 0x03], &count.to_be_bytes()[1..]].concat();
    let read = |count: u32| {
        let der = replaced(&der, &rounds(600_000), &rounds(count));
        PrivateKey::from_pem(&pem::encode("ENCRYPTED PRIVATE KEY", &der), Some(PASSWORD)).unwrap_err()
    };
    assert_eq!(read(2_000_001), PrivateKeyError::TooManyIterations { found: 2_000_001, limit: 2_000_000 });
    assert_eq!(read(2_000_000), PrivateKeyError::WrongPassword);
    assert_eq!(read(1_999_999), PrivateKeyError::WrongPassword);
}

#[test]
fn a_file_holds_one_private_key() {
    let text = key(KeySpec::EcP256).to_pem().unwrap();
    let refused = |text: &str| PrivateKey::from_pem(text, None).unwrap_err();
    assert_eq!(refused(&format!("{}{}", *text, *text)), PrivateKeyError::NotOneKey { found: 2 });
    assert_eq!(refused(""), PrivateKeyError::Pem(pem::PemError::NoBlock));
    let public = public_key_to_pem(key(KeySpec::EcP256).spki_der());
    assert!(matches!(refused(&public), PrivateKeyError::Label { wanted: "private", .. }));
    assert!(matches!(public_key_from_pem(&text), Err(PrivateKeyError::Label { wanted: "public", .. })));
    assert!(public_key_from_pem(&public).is_ok());
}

#[test]
fn a_key_with_octets_behind_it_is_refused() {
    for spec in SPECS {
        let text = key(spec).to_pem().unwrap();
        let block = pem::blocks(&text).unwrap().remove(0);
        let longer = [block.contents.as_slice(), &[0]].concat();
        let error = PrivateKey::from_pem(&pem::encode(&block.label, &longer), None).unwrap_err();
        assert!(matches!(error, PrivateKeyError::Invalid { .. }), "{spec:?}: {error}");
    }
}

#[test]
fn sizes_of_rsa_keys_that_are_not_made_are_refused() {
    for bits in [0, 1024, 2047, 2056, 16_384] {
        let error = PrivateKey::generate(KeySpec::Rsa { bits }).unwrap_err();
        assert_eq!(error, PrivateKeyError::RsaSize { bits });
    }
}

#[test]
fn debug_shows_the_kind_and_nothing_else() {
    assert_eq!(format!("{:?}", key(KeySpec::EcP256)), "PrivateKey(EcP256)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_file_makes_the_reader_panic(octets in proptest::collection::vec(any::<u8>(), 0..200), kind in 0_usize..5) {
        let label =
            ["EC PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"][kind];
        prop_assert!(PrivateKey::from_pem(&pem::encode(label, &octets), Some(PASSWORD)).is_err());
    }

    #[test]
    fn a_changed_encrypted_file_does_not_panic(at in 0_usize..120, octet in any::<u8>()) {
        // The parameters come first; the number of rounds is left small enough for a test.
        let mut der = ENCRYPTED_WITH_ONE_ROUND.clone();
        let at = at % der.len();
        der[at] = octet;
        let _ = PrivateKey::from_pem(&pem::encode("ENCRYPTED PRIVATE KEY", &der), Some(PASSWORD));
    }
}

static ENCRYPTED_WITH_ONE_ROUND: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
    let der = encrypted_der(&key(KeySpec::Ed25519));
    replaced(&der, &[0x02, 0x03, 0x09, 0x27, 0xc0], &[0x02, 0x03, 0x00, 0x80, 0x00])
});
