//! OCSP answers that another key than the issuer's has signed.

use std::{fs, time::Duration};

use authority::Certificate;
use serde_json::json;
use step_ca::audit::Outcome;
use step_tests::{Leaf, OpenSsl, Record, TestCa};

use crate::{
    ocsp::prepare,
    revoke::{revoke, serial},
};

const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

fn with_delegate() -> TestCa {
    TestCa::build().configure(|file| file["ocsp"] = json!({"enabled": true, "signing": "delegated"})).start()
}

/// Asks about a certificate, without a nonce; the answer is in `response.der`.
fn ask(openssl: &OpenSsl, ca: &TestCa, leaf: &Leaf) -> Vec<u8> {
    prepare(openssl, ca, leaf);
    openssl.run("ocsp -issuer issuer.crt -no_nonce -cert leaf.crt -reqout request.der");
    let request = fs::read(openssl.path("request.der")).unwrap();
    let answer = ca.client().post_bytes("/ocsp", request).expect(200).body;
    openssl.write("response.der", &answer);
    answer
}

/// openssl knows the root and nothing else: who signed it has to learn from the answer. By the clock of the CA.
fn judge(openssl: &OpenSsl, ca: &TestCa) -> String {
    let now = ca.now().as_unix();
    openssl.run(&format!(
        "ocsp -reqin request.der -no_nonce -respin response.der -issuer issuer.crt -CAfile root.crt -attime {now} -text \
         -validity_period 40000000"
    ))
}

fn responders(ca: &TestCa) -> Vec<Record> {
    ca.records().certificates.into_iter().filter(|record| record.subject == "OCSP Responder").collect()
}

fn is_for_ocsp_alone(certificate: &Certificate) -> bool {
    certificate.ext_key_usages().iter().map(ToString::to_string).eq([OCSP_SIGNING])
}

#[test]
fn openssl_believes_a_delegate_that_comes_with_its_answer() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_delegate();
    let leaf = ca.issue("web.example.com");
    ask(&openssl, &ca, &leaf);
    let text = judge(&openssl, &ca);
    assert!(text.contains("Cert Status: good") && text.contains("CN=OCSP Responder"), "{text}");
    assert!(text.contains("OCSP No Check"), "{text}");
    revoke(&ca, &leaf);
    ask(&openssl, &ca, &leaf);
    let text = judge(&openssl, &ca);
    assert!(text.contains("Cert Status: revoked") && text.contains("keyCompromise"), "{text}");
}

#[test]
fn the_certificate_of_a_delegate_is_issued_like_every_other() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_delegate();
    let leaf = ca.issue("web.example.com");
    assert_eq!(responders(&ca).len(), 0, "nobody has asked");
    for _ in 0..3 {
        ask(&openssl, &ca, &leaf);
    }
    let [responder] = &responders(&ca)[..] else { panic!("one certificate for many answers") };
    assert!(is_for_ocsp_alone(&responder.certificate));
    assert_eq!((responder.provisioner.as_str(), responder.operation.as_str()), ("", "sign"));
    // As long as the claims say, reviewed by the module that says so.
    assert_eq!(responder.certificate.validity().duration(), leaf.certificate().validity().duration());
    let records = ca.records();
    let entry = records.with(Outcome::Issued).find(|entry| entry.subject.as_deref() == Some("OCSP Responder")).unwrap();
    assert!(entry.modules.iter().any(|module| module.name == "builtin:claims"));
    assert_eq!(entry.serial_number.as_ref(), Some(responder.certificate.serial_number()));
}

#[test]
fn a_delegate_is_followed_by_the_next_at_two_thirds_of_its_life() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_delegate();
    let leaf = ca.issue("web.example.com");
    ask(&openssl, &ca, &leaf);
    let first = responders(&ca)[0].certificate.validity();
    let life = first.duration().unwrap();
    ca.clock().set(first.not_before.checked_add(life / 3 * 2 - Duration::from_secs(1)).unwrap());
    ask(&openssl, &ca, &leaf);
    assert_eq!(responders(&ca).len(), 1);
    ca.clock().advance(Duration::from_secs(1));
    // An answer that is kept serves for half of its life.
    revoke(&ca, &ca.issue("other.example.com"));
    ask(&openssl, &ca, &leaf);
    assert!(judge(&openssl, &ca).contains("Cert Status: good"));
    let [first, second] = &responders(&ca)[..] else { panic!("a second delegate") };
    assert_ne!(first.certificate.public_key().spki_der(), second.certificate.public_key().spki_der());
}

#[test]
fn an_answer_is_not_good_for_longer_than_whoever_signed_it() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::build()
        .configure(|file| {
            file["ocsp"] = json!({"enabled": true, "signing": "delegated", "cacheDuration": "48h"});
        })
        .start();
    let leaf = ca.issue("web.example.com");
    ask(&openssl, &ca, &leaf);
    let end = responders(&ca)[0].certificate.validity().not_after;
    let text = judge(&openssl, &ca);
    let line = text.lines().find(|line| line.contains("Next Update:")).unwrap().trim();
    openssl.write("responder.crt", responders(&ca)[0].certificate.pem());
    let not_after = openssl.run("x509 -in responder.crt -noout -enddate");
    assert_eq!(line.trim_start_matches("Next Update: "), not_after.trim().trim_start_matches("notAfter="), "{end}");
}

#[test]
fn a_delegate_neither_renews_itself_nor_revokes_nor_serves() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_delegate();
    let leaf = ca.issue("web.example.com");
    ask(&openssl, &ca, &leaf);
    let certificate = responders(&ca)[0].certificate.clone();
    let root = &ca.pki().root;
    let intermediates = [ca.pki().intermediate.clone()];
    for usage in [authority::oid::SERVER_AUTH, authority::oid::CLIENT_AUTH] {
        let path = authority::verify_path(&certificate, &intermediates, std::slice::from_ref(root), ca.now(), &[usage]);
        assert_eq!(path.unwrap_err(), authority::PathError::UsageNotAllowed);
    }
    // Nor does a provisioner end it: it is the CA's own.
    let delegate = Leaf { chain: vec![certificate], key: leaf.key };
    let token = crate::revoke::token(&ca, &serial(&delegate)).sign();
    let body = json!({"serial": serial(&delegate), "ott": token, "passive": true});
    let _ = ca.client().post("/revoke", &body).expect(403);
}

#[test]
fn whoever_signs_is_changed_by_a_restart_and_both_are_believed() {
    let Some(openssl) = OpenSsl::find() else { return };
    let mut ca = with_delegate();
    let leaf = ca.issue("web.example.com");
    let delegated = ask(&openssl, &ca, &leaf);
    ca.configure(|file| file["ocsp"] = json!({"enabled": true, "signing": "direct"}));
    ca.restart();
    let direct = ask(&openssl, &ca, &leaf);
    assert!(judge(&openssl, &ca).contains("Cert Status: good"));
    assert!(direct.len() < delegated.len(), "the issuer's certificate need not go along");
    assert_eq!(responders(&ca).len(), 1);
}
