//! Renewal of a certificate that has expired already, where the claims allow it.

use std::time::Duration;

use authority::Certificate;
use reqwest::Method;
use serde_json::{Value, json};
use step_ca::clock::{Clock, System};
use step_tests::{Answer, Csr, Leaf, TestCa, Token, User, body_of_2026};

use crate::{
    renewal_token::{refused, renew},
    revoke::{revoke, serial},
};

const HOUR: Duration = Duration::from_secs(3_600);

/// A CA whose clock will be moved by less than its own certificate lives.
fn with_claims(claims: Value) -> TestCa {
    TestCa::build().claims(claims).start()
}

/// Good for ten minutes from now.
pub(crate) fn short(ca: &TestCa) -> Leaf {
    let csr = Csr::of("web.example.com");
    let body = body_of_2026(&csr.pem, &ca.token("web.example.com").sign(), "", "10m");
    Leaf { chain: ca.client().post("/sign", &body).expect(201).chain(), key: csr.key }
}

/// Moves the clock to so long after the end of the certificate.
fn expire(ca: &TestCa, leaf: &Leaf, late: Duration) {
    ca.clock().set(leaf.certificate().validity().not_after.checked_add(late).unwrap());
}

pub(crate) fn renew_late(ca: &TestCa, leaf: &Leaf) -> Answer {
    renew(ca, &Token::of_certificate(leaf, ca.now()))
}

#[test]
fn an_expired_certificate_is_not_renewed_unless_the_claims_allow_it() {
    for claims in [json!({}), json!({"allowRenewalAfterExpiry": false, "maxRenewalAfterExpiry": "2h"})] {
        let ca = with_claims(claims);
        let leaf = short(&ca);
        expire(&ca, &leaf, Duration::ZERO);
        let _ = renew_late(&ca, &leaf).expect(201);
        expire(&ca, &leaf, Duration::from_secs(1));
        let message = renew_late(&ca, &leaf).expect(401).message();
        let end = leaf.certificate().validity().not_after;
        assert_eq!(message, format!("The certificate expired on {end}, and is not renewed any more."));
    }
}

#[test]
fn the_grace_ends_to_the_second() {
    let ca = with_claims(json!({"allowRenewalAfterExpiry": true, "maxRenewalAfterExpiry": "2h"}));
    let leaf = short(&ca);
    expire(&ca, &leaf, 2 * HOUR);
    let renewed = renew_late(&ca, &leaf).expect(201).certificate();
    // It is a renewal like any other: as long as before, from now.
    assert_eq!(renewed.validity().duration(), leaf.certificate().validity().duration());
    assert_eq!(renewed.validity().not_before, ca.now().saturating_sub(Duration::from_secs(60)));
    assert_eq!(renewed.extensions(), leaf.certificate().extensions());
    expire(&ca, &leaf, 2 * HOUR + Duration::from_secs(1));
    assert!(renew_late(&ca, &leaf).expect(401).message().contains("expired on"));
}

#[test]
fn a_provisioner_decides_for_its_own_certificates() {
    for (own, global, status) in [(true, false, 201), (false, true, 401)] {
        let ca = TestCa::build()
            .claims(json!({"allowRenewalAfterExpiry": global}))
            .configure(move |file| {
                file["authority"]["provisioners"][0]["claims"] = json!({"allowRenewalAfterExpiry": own});
            })
            .start();
        let leaf = short(&ca);
        expire(&ca, &leaf, HOUR);
        let _ = renew_late(&ca, &leaf).expect(status);
    }
}

#[test]
fn a_connection_from_before_the_end_may_renew_within_the_grace() {
    let ca = with_claims(json!({"allowRenewalAfterExpiry": true, "maxRenewalAfterExpiry": "2h"}));
    let leaf = short(&ca);
    let client = ca.client_with(leaf.identity());
    let renew = || client.send(client.request(Method::POST, "/renew"));
    let _ = renew().expect(201);
    expire(&ca, &leaf, 2 * HOUR);
    let _ = renew().expect(201);
    let _ = client.post("/rekey", &json!({"csr": Csr::new("", &[]).pem})).expect(201);
    // The grace is for renewals, and for nothing else that a certificate may do.
    let _ = client.post("/revoke", &json!({"serial": serial(&leaf), "passive": true})).expect(401);
    expire(&ca, &leaf, 2 * HOUR + Duration::from_secs(1));
    let _ = renew().expect(401);
}

#[test]
fn the_grace_forgives_nothing_but_the_time() {
    let ca = with_claims(json!({"allowRenewalAfterExpiry": true}));
    let (leaf, revoked) = (short(&ca), short(&ca));
    let stranger = short(&with_claims(json!({"allowRenewalAfterExpiry": true})));
    revoke(&ca, &revoked);
    expire(&ca, &leaf, HOUR);
    refused(&ca, "revoked", &Token::of_certificate(&revoked, ca.now()).sign());
    refused(&ca, "another CA's", &Token::of_certificate(&stranger, ca.now()).sign());
    let other = short(&ca);
    refused(&ca, "by another key", &Token::of_certificate(&leaf, ca.now()).signed_by(&other.jwk()).sign());
    let _ = renew_late(&ca, &leaf).expect(201);
}

#[test]
fn the_command_sends_an_expired_certificate_in_a_token() {
    let an_hour_ago = System.now().saturating_sub(HOUR);
    let ca = TestCa::build().clock_at(an_hour_ago).claims(json!({"allowRenewalAfterExpiry": true})).start();
    let leaf = short(&ca);
    // The command goes by the system's clock.
    ca.clock().set(System.now());
    let user = User::new();
    user.write("a.crt", leaf.chain.iter().map(Certificate::pem).collect::<String>());
    user.write("a.key", leaf.key.to_pem().unwrap().as_bytes());
    user.write("root.crt", ca.pki().root.pem());
    let url = ca.url();
    user.step(&format!("ca renew {{}}/a.crt {{}}/a.key --force --ca-url {url} --root {{}}/root.crt")).answer();
    let renewed = Certificate::from_pem(&user.read("a.crt")).unwrap();
    assert!(renewed.validity().contains(System.now()));
    assert_eq!(renewed.public_key().spki_der(), leaf.certificate().public_key().spki_der());
    ca.witness(renewed);
}
