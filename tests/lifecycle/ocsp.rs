//! `openssl ocsp` as the client of the responder.

use std::{fs, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use step_tests::{Leaf, OpenSsl, TestCa};

use crate::revoke::revoke;

fn with_responder() -> TestCa {
    TestCa::build().configure(|file| file["ocsp"] = json!({"enabled": true})).start()
}

/// Writes what openssl needs to know of the CA and of a certificate.
pub(crate) fn prepare(openssl: &OpenSsl, ca: &TestCa, leaf: &Leaf) {
    openssl.write("issuer.crt", ca.pki().intermediate.pem());
    openssl.write("root.crt", ca.pki().root.pem());
    openssl.write("leaf.crt", leaf.certificate().pem());
}

/// Asks by POST, and has openssl judge the answer.
pub(crate) fn status(openssl: &OpenSsl, ca: &TestCa, leaf: &Leaf, options: &str) -> String {
    prepare(openssl, ca, leaf);
    openssl.run(&format!("ocsp -issuer issuer.crt {options} -cert leaf.crt -reqout request.der"));
    let request = fs::read(openssl.path("request.der")).unwrap();
    let answer = ca.client().post_bytes("/ocsp", request).expect(200);
    assert_eq!(answer.header("content-type"), "application/ocsp-response");
    openssl.write("response.der", &answer.body);
    judge(openssl)
}

fn judge(openssl: &OpenSsl) -> String {
    openssl.run(
        "ocsp -reqin request.der -no_nonce -respin response.der -issuer issuer.crt -CAfile root.crt \
         -verify_other issuer.crt -text",
    )
}

#[test]
fn a_certificate_is_good_until_it_is_revoked() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_responder();
    let leaf = ca.issue("web.example.com");
    for options in ["-no_nonce", "-nonce", "-no_nonce -sha256"] {
        assert!(status(&openssl, &ca, &leaf, options).contains("Cert Status: good"), "{options}");
    }
    revoke(&ca, &leaf);
    for options in ["-no_nonce", "-nonce", "-no_nonce -sha256"] {
        let text = status(&openssl, &ca, &leaf, options);
        assert!(text.contains("Cert Status: revoked") && text.contains("keyCompromise"), "{options}: {text}");
    }
}

#[test]
fn what_was_not_issued_here_is_unknown() {
    let Some(openssl) = OpenSsl::find() else { return };
    let (ca, other) = (with_responder(), TestCa::start());
    let stranger = other.issue("web.example.com");
    // Its serial number under our issuer, and all of it under its own.
    assert!(status(&openssl, &ca, &stranger, "-no_nonce").contains("Cert Status: unknown"));
    openssl.write("issuer.crt", other.pki().intermediate.pem());
    openssl.run("ocsp -issuer issuer.crt -cert leaf.crt -reqout request.der");
    let request = fs::read(openssl.path("request.der")).unwrap();
    openssl.write("response.der", &ca.client().post_bytes("/ocsp", request).expect(200).body);
    let text = openssl.run("ocsp -respin response.der -resp_text -noverify");
    assert!(text.contains("Cert Status: unknown"), "{text}");
}

#[test]
fn several_certificates_are_answered_at_once() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_responder();
    let (good, bad) = (ca.issue("good.example.com"), ca.issue("bad.example.com"));
    revoke(&ca, &bad);
    prepare(&openssl, &ca, &good);
    openssl.write("bad.crt", bad.certificate().pem());
    openssl.run("ocsp -issuer issuer.crt -cert leaf.crt -cert bad.crt -reqout request.der");
    let request = fs::read(openssl.path("request.der")).unwrap();
    openssl.write("response.der", &ca.client().post_bytes("/ocsp", request).expect(200).body);
    let text = judge(&openssl);
    assert!(text.contains("Cert Status: good") && text.contains("Cert Status: revoked"), "{text}");
}

#[test]
fn an_answer_is_given_again_until_something_is_revoked_or_it_is_old() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_responder();
    let (leaf, other) = (ca.issue("web.example.com"), ca.issue("other.example.com"));
    prepare(&openssl, &ca, &leaf);
    openssl.run("ocsp -issuer issuer.crt -no_nonce -cert leaf.crt -reqout request.der");
    let request = fs::read(openssl.path("request.der")).unwrap();
    let path = format!("/ocsp/{}", STANDARD.encode(&request).replace('/', "%2F").replace('+', "%2B"));
    let ask = || ca.client().get(&path).expect(200);
    let first = ask();
    assert!(first.header("cache-control").starts_with("max-age=1800"));
    ca.clock().advance(Duration::from_secs(1_799));
    assert_eq!(ask().body, first.body);
    assert_eq!(ca.client().post_bytes("/ocsp", request.clone()).expect(200).body, first.body);
    ca.clock().advance(Duration::from_secs(1));
    let second = ask();
    assert_ne!(second.body, first.body);
    revoke(&ca, &other);
    // ECDSA signs differently every time, so a new answer shows.
    assert_ne!(ask().body, second.body);
}

#[test]
fn nonsense_is_told_apart_from_a_question() {
    let ca = with_responder();
    for request in [vec![], vec![0x30], b"not DER".to_vec(), vec![0x30, 0]] {
        let answer = ca.client().post_bytes("/ocsp", request).expect(200);
        assert_eq!(answer.body, [0x30, 3, 0x0a, 1, 1]);
    }
    assert_eq!(ca.client().get("/ocsp/!").expect(200).body, [0x30, 3, 0x0a, 1, 1]);
}
