//! OpenSSL reads what we write, and we read what it writes. Skipped where
//! there is no `openssl` program.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use super::*;

const PASSWORD: &str = "correct horse";

fn openssl_is_missing() -> bool {
    let missing = Command::new("openssl").arg("version").output().is_err();
    if missing {
        eprintln!("skipped: there is no openssl program");
    }
    missing
}

/// Runs openssl with the password in the environment; nothing when it fails.
fn openssl(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .env("KEY_PASSWORD", PASSWORD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.success().then_some(output.stdout)
}

fn text(octets: Option<Vec<u8>>) -> String {
    String::from_utf8(octets.expect("openssl succeeds")).unwrap()
}

const SPECS: [(KeySpec, &[&str]); 5] = [
    (KeySpec::EcP256, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    (KeySpec::EcP384, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    (KeySpec::EcP521, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    (KeySpec::Rsa { bits: 2048 }, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    (KeySpec::Ed25519, &["genpkey", "-algorithm", "ED25519"]),
];

#[test]
fn openssl_reads_every_file_we_write() {
    if openssl_is_missing() {
        return;
    }
    for (spec, _) in SPECS {
        let key = PrivateKey::generate(spec).unwrap();
        for pem in [
            key.to_pem().unwrap(),
            key.to_pkcs8_pem().unwrap(),
            key.to_encrypted_pem(PASSWORD.as_bytes()).unwrap(),
            key.to_encrypted_pkcs8_pem(PASSWORD.as_bytes()).unwrap(),
        ] {
            let arguments = ["pkey", "-passin", "env:KEY_PASSWORD", "-pubout", "-outform", "DER"];
            let spki = openssl(&arguments, pem.as_bytes()).unwrap_or_else(|| panic!("openssl reads {spec:?}"));
            assert_eq!(spki, key.spki_der(), "{spec:?}");
        }
        let public = openssl(&["pkey", "-pubin", "-outform", "DER"], public_key_to_pem(key.spki_der()).as_bytes());
        assert_eq!(public.as_deref(), Some(key.spki_der()), "{spec:?}");
    }
}

/// The public key of a PEM file by openssl's reading.
fn spki(pem: &str) -> Vec<u8> {
    openssl(&["pkey", "-passin", "env:KEY_PASSWORD", "-pubout", "-outform", "DER"], pem.as_bytes()).unwrap()
}

fn assert_read(pem: &str, what: &str) {
    let key = PrivateKey::from_pem(pem, Some(PASSWORD.as_bytes())).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(key.spki_der(), spki(pem), "{what}");
}

#[test]
fn plain_keys_of_openssl_are_read() {
    if openssl_is_missing() {
        return;
    }
    for (spec, generate) in SPECS {
        let pkcs8 = text(openssl(generate, b""));
        assert_read(&pkcs8, &format!("{spec:?} as PKCS#8"));
        if spec != KeySpec::Ed25519 {
            let traditional = text(openssl(&["pkey", "-traditional"], pkcs8.as_bytes()));
            assert_read(&traditional, &format!("{spec:?} in its own form"));
        }
    }
    let with_parameters = text(openssl(&["ecparam", "-name", "prime256v1", "-genkey"], b""));
    assert!(with_parameters.contains("EC PARAMETERS"));
    assert_read(&with_parameters, "a key behind its parameters");
}

#[test]
fn legacy_encryption_of_openssl_is_read() {
    if openssl_is_missing() {
        return;
    }
    for cipher in ["-aes128", "-aes192", "-aes256", "-des3"] {
        for (spec, generate) in SPECS.into_iter().filter(|(spec, _)| *spec != KeySpec::Ed25519) {
            let plain = text(openssl(generate, b""));
            let arguments = ["pkey", "-traditional", cipher, "-passout", "env:KEY_PASSWORD"];
            let encrypted = text(openssl(&arguments, plain.as_bytes()));
            assert!(encrypted.contains("DEK-Info"), "{cipher}");
            assert_read(&encrypted, &format!("{spec:?} {cipher}"));
        }
    }
}

#[test]
fn pbes2_of_openssl_is_read() {
    if openssl_is_missing() {
        return;
    }
    let plain = text(openssl(SPECS[0].1, b""));
    for cipher in ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"] {
        for prf in ["hmacWithSHA1", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512"] {
            let arguments =
                ["pkcs8", "-topk8", "-v2", cipher, "-v2prf", prf, "-iter", "2048", "-passout", "env:KEY_PASSWORD"];
            let encrypted = text(openssl(&arguments, plain.as_bytes()));
            assert!(is_encrypted_pem(&encrypted));
            assert_read(&encrypted, &format!("{cipher} {prf}"));
        }
    }
}

#[test]
fn the_des_of_old_files_is_read() {
    if openssl_is_missing() {
        return;
    }
    let plain = text(openssl(SPECS[0].1, b""));
    let providers = ["-provider", "legacy", "-provider", "default", "-passout", "env:KEY_PASSWORD"];
    for own in [&["pkey", "-traditional", "-des-cbc"][..], &["pkcs8", "-topk8", "-v2", "des-cbc"]] {
        let Some(encrypted) = openssl(&[own, &providers].concat(), plain.as_bytes()) else {
            eprintln!("skipped: this openssl has no legacy provider");
            return;
        };
        let key = PrivateKey::from_pem(&text(Some(encrypted)), Some(PASSWORD.as_bytes())).unwrap();
        assert_eq!(key.spki_der(), spki(&plain), "{own:?}");
    }
}

#[test]
fn encryption_that_is_not_read_is_named() {
    if openssl_is_missing() {
        return;
    }
    let plain = text(openssl(SPECS[0].1, b""));
    let refused = |arguments: &[&str]| {
        let encrypted = text(openssl(arguments, plain.as_bytes()));
        PrivateKey::from_pem(&encrypted, Some(PASSWORD.as_bytes())).unwrap_err()
    };
    assert!(matches!(
        refused(&["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-passout", "env:KEY_PASSWORD"]),
        PrivateKeyError::UnsupportedEncryption { what: "scheme", .. }
    ));
    assert!(matches!(
        refused(&["pkcs8", "-topk8", "-scrypt", "-passout", "env:KEY_PASSWORD"]),
        PrivateKeyError::UnsupportedEncryption { what: "key derivation", .. }
    ));
}

#[test]
fn keys_of_other_kinds_are_refused_by_name() {
    if openssl_is_missing() {
        return;
    }
    let x25519 = text(openssl(&["genpkey", "-algorithm", "X25519"], b""));
    let error = PrivateKey::from_pem(&x25519, None).unwrap_err();
    assert_eq!(error, PrivateKeyError::UnsupportedKey { oid: "1.3.101.110".into() });
    for generate in [
        &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"][..],
        &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
        &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
    ] {
        let weak = text(openssl(generate, b""));
        let error = PrivateKey::from_pem(&weak, None).unwrap_err();
        assert!(matches!(error, PrivateKeyError::Invalid { .. }), "{generate:?}: {error}");
    }
}
