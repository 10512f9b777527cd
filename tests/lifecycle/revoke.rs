//! Who may revoke what, and what is over then.

use std::time::Duration;

use authority::RevocationReason;
use reqwest::Method;
use serde_json::{Value, json};
use step_ca::audit::Outcome;
use step_tests::{Answer, Csr, Leaf, OpenSsl, Second, TestCa, Token};

/// A good token for the end of a certificate.
pub(crate) fn token(ca: &TestCa, serial: &str) -> Token {
    for_revocation(ca.token(serial))
}

fn for_revocation(token: Token) -> Token {
    token.claim("aud", "https://localhost/1.0/revoke").without("sans")
}

pub(crate) fn serial(leaf: &Leaf) -> String {
    leaf.certificate().serial_number().to_string()
}

fn body(serial: &str, token: &str) -> Value {
    json!({"serial": serial, "ott": token, "reasonCode": 1, "reason": "lost", "passive": true})
}

fn try_token(ca: &TestCa, serial: &str, token: &Token) -> Answer {
    ca.client().post("/1.0/revoke", &body(serial, &token.sign()))
}

/// Revokes as `step ca revoke` does.
#[track_caller]
pub(crate) fn revoke(ca: &TestCa, leaf: &Leaf) {
    let serial = serial(leaf);
    let answer = try_token(ca, &serial, &token(ca, &serial)).expect(200);
    assert_eq!(answer.text(), "{\"status\":\"ok\"}\n");
}

fn renew(ca: &TestCa, leaf: &Leaf) -> Answer {
    let client = ca.client_with(leaf.identity());
    client.send(client.request(Method::POST, "/renew"))
}

fn revoked(ca: &TestCa) -> usize {
    ca.records().with(Outcome::Revoked).count()
}

#[test]
fn a_revoked_certificate_is_neither_renewed_nor_rekeyed() {
    let mut ca = TestCa::start();
    let (leaf, other) = (ca.issue("web.example.com"), ca.issue("other.example.com"));
    // The connection is older than the revocation.
    let client = ca.client_with(leaf.identity());
    let _ = client.send(client.request(Method::POST, "/renew")).expect(201);
    revoke(&ca, &leaf);
    let rekey = json!({"csr": Csr::of("web.example.com").pem});
    for client in [client, ca.client_with(leaf.identity())] {
        let answer = client.send(client.request(Method::POST, "/renew")).expect(401);
        assert_eq!(answer.message(), "The request lacked the necessary authorization; the log of the CA says why.");
        let _ = client.post("/rekey", &rekey).expect(401);
    }
    ca.restart();
    let _ = renew(&ca, &leaf).expect(401);
    let _ = renew(&ca, &other).expect(201);
    let records = ca.records();
    let [entry] = records.with(Outcome::Revoked).collect::<Vec<_>>()[..] else { panic!("one revocation") };
    assert_eq!(entry.serial_number.as_ref(), Some(leaf.certificate().serial_number()));
    assert_eq!((entry.message.as_deref(), entry.operation.as_str()), (Some("keyCompromise: lost"), "revoke"));
    assert!(entry.credential.is_some() && entry.modules.iter().any(|module| module.name == "builtin:jwk"));
}

#[test]
fn a_compromised_key_is_never_certified_again() {
    let mut ca = TestCa::start();
    let other = ca.issue("other.example.com");
    let csr = Csr::of("web.example.com");
    let name = "web.example.com";
    let chain = ca.sign(&csr, &ca.token(name).sign()).expect(201).chain();
    let leaf = Leaf { chain, key: csr.key };
    revoke(&ca, &leaf);
    ca.restart();
    let token = ca.token(name).sign();
    let body = step_tests::body_of_2026(&csr.pem, &token, "", "");
    let _ = ca.client().post("/sign", &body).expect(403);
    let _ = ca.client_with(other.identity()).post("/rekey", &json!({"csr": csr.pem})).expect(403);
    // The token is not spent by that: with another key it is good.
    let _ = ca.sign(&Csr::of(name), &token).expect(201);
}

#[test]
fn a_serial_number_has_many_spellings_and_means_one_certificate() {
    let ca = TestCa::start();
    for spelling in [|leaf: &Leaf| format!("0x{}", leaf.certificate().serial_number().hex()), serial] {
        let leaf = ca.issue("web.example.com");
        let token = token(&ca, &serial(&leaf));
        let _ = try_token(&ca, &spelling(&leaf), &token).expect(200);
        let _ = renew(&ca, &leaf).expect(401);
    }
}

#[test]
fn what_the_token_names_is_what_may_end() {
    let ca = TestCa::start();
    let (mine, other) = (ca.issue("web.example.com"), ca.issue("other.example.com"));
    let answer = try_token(&ca, &serial(&other), &token(&ca, &serial(&mine))).expect(403);
    assert!(answer.message().contains("the request is about serial number"), "{}", answer.message());
    // Hexadecimal is for people; a token is exact.
    let hex = format!("0x{}", mine.certificate().serial_number().hex());
    let _ = try_token(&ca, &serial(&mine), &token(&ca, &hex)).expect(403);
    let _ = try_token(&ca, "77", &token(&ca, "77")).expect(404);
    assert_eq!(revoked(&ca), 0);
    let _ = renew(&ca, &other).expect(201);
}

#[test]
fn a_token_for_something_else_revokes_nothing() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let serial = serial(&leaf);
    let good = || token(&ca, &serial);
    let stranger = Second::new("stranger");
    for (what, token) in [
        ("for signing", good().claim("aud", "https://localhost/1.0/sign")),
        ("for renewing", good().claim("aud", "https://localhost/1.0/renew")),
        ("for another CA", good().claim("aud", "https://elsewhere/1.0/revoke")),
        ("expired", good().claim("exp", ca.now().as_unix() - 61)),
        ("signed by a stranger", good().signed_by(&stranger.key)),
        ("of nobody", good().claim("iss", "nobody")),
    ] {
        assert_eq!(try_token(&ca, &serial, &token).status, 401, "{what}");
    }
    // And the other way round.
    let signing = good().claim("sub", "web.example.com");
    assert_eq!(ca.try_token(&signing, "web.example.com").status, 401);
    assert_eq!(revoked(&ca), 0);
    let _ = renew(&ca, &leaf).expect(201);
}

#[test]
fn a_token_revokes_once_and_a_certificate_is_revoked_once() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let serial = serial(&leaf);
    let token = token(&ca, &serial);
    let bodies: Vec<_> = (0..64).map(|_| body(&serial, &token.sign())).collect();
    let answers = ca.client().post_all("/revoke", &bodies);
    let won = answers.iter().filter(|answer| answer.as_ref().unwrap().status == 200).count();
    assert_eq!(won, 1);
    assert_eq!(try_token(&ca, &serial, &token).status, 401, "a spent token");
    let again = try_token(&ca, &serial, &self::token(&ca, &serial)).expect(400);
    assert!(again.message().contains("revoked already"), "{}", again.message());
    assert_eq!(revoked(&ca), 1);
}

#[test]
fn a_certificate_that_is_revoked_may_be_revoked_again_when_its_key_was_compromised() {
    let mut ca = TestCa::build()
        .configure(|file| (file["crl"], file["ocsp"]) = (json!({"enabled": true}), json!({"enabled": true})))
        .start();
    let csr = Csr::of("web.example.com");
    let chain = ca.sign(&csr, &ca.token("web.example.com").sign()).expect(201).chain();
    let leaf = Leaf { chain, key: csr.key };
    let serial = serial(&leaf);
    let revoke_for = |ca: &TestCa, reason: u8| {
        let token = token(ca, &serial).sign();
        let body = json!({"serial": serial, "ott": token, "reasonCode": reason, "passive": true});
        ca.client().post("/revoke", &body).status
    };
    let listed = |ca: &TestCa| {
        let list = authority::CertificateList::from_der(&ca.client().get("/crl").expect(200).body).unwrap();
        list.find(leaf.certificate().serial_number()).map(|entry| (entry.reason, entry.revoked_at)).unwrap()
    };
    let first_day = ca.now();
    assert_eq!(revoke_for(&ca, 4), 200);
    assert_eq!(listed(&ca), (RevocationReason::Superseded, first_day));
    ca.clock().advance(Duration::from_secs(3_600));
    // Another reason changes nothing.
    assert_eq!(revoke_for(&ca, 3), 400);
    assert_eq!(revoke_for(&ca, 1), 200);
    for reason in [1, 4] {
        assert_eq!(revoke_for(&ca, reason), 400);
    }
    ca.restart();
    assert_eq!(listed(&ca), (RevocationReason::KeyCompromise, first_day));
    let _ = renew(&ca, &leaf).expect(401);
    let body = step_tests::body_of_2026(&csr.pem, &ca.token("web.example.com").sign(), "", "");
    let _ = ca.client().post("/sign", &body).expect(403);
    if let Some(openssl) = OpenSsl::find() {
        let text = crate::ocsp::status(&openssl, &ca, &leaf, "-no_nonce");
        assert!(text.contains("Cert Status: revoked") && text.contains("keyCompromise"), "{text}");
    }
}

#[test]
fn a_certificate_may_end_itself_and_no_other() {
    let ca = TestCa::start();
    let (mine, other) = (ca.issue("web.example.com"), ca.issue("other.example.com"));
    let client = ca.client_with(mine.identity());
    let answer = client.post("/revoke", &body(&serial(&other), "")).expect(403);
    assert!(answer.problem().decision_id.is_some());
    assert_eq!(revoked(&ca), 0);
    let _ = client.post("/revoke", &body(&serial(&mine), "")).expect(200);
    let _ = client.post("/revoke", &body(&serial(&mine), "")).expect(400);
    let _ = renew(&ca, &mine).expect(401);
    let _ = renew(&ca, &other).expect(201);
    let _ = ca.client().post("/revoke", &body(&serial(&other), "")).expect(400);
}

#[test]
fn a_provisioner_revokes_what_it_let_be_issued_or_what_nobody_else_can() {
    let second = Second::new("second");
    let mut ca = TestCa::build().provisioner(second.object()).start();
    let (of_first, of_second) = (ca.issue("a.example.com"), {
        let csr = Csr::of("b.example.com");
        let token = ca.token_of(second.name, &second.key, "b.example.com");
        let answer = ca.sign(&csr, &token.sign()).expect(201);
        Leaf { chain: answer.chain(), key: csr.key }
    });
    let by_second = |ca: &TestCa, leaf: &Leaf| {
        let token = for_revocation(ca.token_of(second.name, &second.key, &serial(leaf)));
        try_token(ca, &serial(leaf), &token)
    };
    let _ = by_second(&ca, &of_first).expect(403);
    assert_eq!(revoked(&ca), 0);
    let _ = by_second(&ca, &of_second).expect(200);
    ca.configure(|file| drop(file["authority"]["provisioners"].as_array_mut().unwrap().remove(0)));
    ca.restart();
    let _ = by_second(&ca, &of_first).expect(200);
}

#[test]
fn a_certificate_that_expired_is_revoked_by_a_token_and_not_by_itself() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let client = ca.client_with(leaf.identity());
    let _ = client.get("/health").expect(200);
    ca.clock().advance(Duration::from_secs(25 * 3_600));
    let _ = client.post("/revoke", &body(&serial(&leaf), "")).expect(401);
    revoke(&ca, &leaf);
}
