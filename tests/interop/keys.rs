//! Key files of OpenSSL and of upstream's kind, where the CA reads one.

use authority::keys::{KeySpec, PrivateKey};
use serde_json::json;
use step_tests::{OpenSsl, PASSWORD, TestCa};

/// A CA whose issuing key is in a file that somebody else wrote, under the password the harness gives.
fn serves_with(openssl: &OpenSsl, spec: KeySpec, convert: &str) {
    openssl.write("password", PASSWORD);
    let mut ca = TestCa::build()
        .issuer_key(spec)
        .configure(|ca_json| ca_json["tls"] = json!({"minVersion": 1.2, "maxVersion": 1.3}))
        .start();
    openssl.write("key.pem", ca.pki().intermediate_key.to_pkcs8_pem().unwrap().as_bytes());
    openssl.run(convert);
    let pem = openssl.read("out.pem");
    let written = PrivateKey::from_pem(&pem, Some(PASSWORD.as_bytes()));
    assert!(written.is_ok(), "{convert}: {}\n{pem}", written.err().unwrap());
    steppath::write(
        &ca.step_path().intermediate_key(),
        pem.as_bytes(),
        steppath::Access::Private,
        steppath::Overwrite::Allow,
    )
    .unwrap();
    ca.restart();
    ca.issue("host");
}

#[test]
fn the_issuing_key_may_come_from_openssl_in_any_of_its_forms() {
    let Some(openssl) = OpenSsl::find() else { return };
    let p256 = KeySpec::EcP256;
    for (spec, convert) in [
        (p256, "pkey -in key.pem -out out.pem"),
        (p256, "ec -in key.pem -out out.pem"),
        (p256, "ec -in key.pem -out out.pem -aes256 -passout file:password"),
        (p256, "ec -in key.pem -out out.pem -des3 -passout file:password"),
        (p256, "pkcs8 -topk8 -in key.pem -out out.pem -passout file:password"),
        (p256, "pkcs8 -topk8 -in key.pem -out out.pem -passout file:password -v2 aes-128-cbc -v2prf hmacWithSHA1"),
        (p256, "pkcs8 -topk8 -in key.pem -out out.pem -passout file:password -v2 des3"),
        (KeySpec::Rsa { bits: 2048 }, "rsa -traditional -in key.pem -out out.pem -aes128 -passout file:password"),
        (KeySpec::Ed25519, "pkcs8 -topk8 -in key.pem -out out.pem -passout file:password"),
    ] {
        serves_with(&openssl, spec, convert);
    }
}

#[test]
fn openssl_reads_the_keys_we_write() {
    let Some(openssl) = OpenSsl::find() else { return };
    openssl.write("password", PASSWORD);
    for spec in [KeySpec::EcP256, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
        let key = PrivateKey::generate(spec).unwrap();
        for text in [
            key.to_pem().unwrap(),
            key.to_pkcs8_pem().unwrap(),
            key.to_encrypted_pem(PASSWORD.as_bytes()).unwrap(),
            key.to_encrypted_pkcs8_pem(PASSWORD.as_bytes()).unwrap(),
        ] {
            openssl.write("key.pem", text.as_bytes());
            openssl.run("pkey -in key.pem -passin file:password -pubout -outform DER -out public.der");
            assert_eq!(std::fs::read(openssl.path("public.der")).unwrap(), key.spki_der(), "{spec:?}");
        }
    }
}

#[test]
fn a_wrong_password_stops_the_start_and_says_so() {
    let mut ca = TestCa::start();
    let key = ca.pki().intermediate_key.to_encrypted_pem(b"another password").unwrap();
    steppath::write(
        &ca.step_path().intermediate_key(),
        key.as_bytes(),
        steppath::Access::Private,
        steppath::Overwrite::Allow,
    )
    .unwrap();
    let error = ca.try_restart().unwrap_err();
    assert!(error.contains("intermediate_ca_key") && error.contains("password"), "{error}");
    assert!(!error.contains(PASSWORD), "{error}");
}
