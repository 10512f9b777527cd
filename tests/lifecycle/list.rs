//! The list of revoked certificates, as strangers read it.

use std::time::Duration;

use authority::{CertificateList, RevocationReason};
use serde_json::json;
use step_tests::{Leaf, OpenSsl, TestCa};

use crate::revoke::revoke;

const HOUR: Duration = Duration::from_secs(3_600);

fn with_lists() -> TestCa {
    TestCa::build().configure(|file| file["crl"] = json!({"enabled": true})).start()
}

/// The list in force, verified.
fn list(ca: &TestCa) -> CertificateList {
    let answer = ca.client().get("/1.0/crl").expect(200);
    assert_eq!(answer.header("content-type"), "application/pkix-crl");
    assert!(answer.header("expires").ends_with(" GMT"));
    let list = CertificateList::from_der(&answer.body).unwrap();
    assert_eq!(list.verify_signature(ca.pki().intermediate.public_key()), Ok(()));
    assert_eq!(list.issuer_der(), ca.pki().intermediate.subject().der());
    list
}

/// The first list that `is_it`; the one before may still be served while it is made.
#[track_caller]
fn list_that(ca: &TestCa, is_it: impl Fn(&CertificateList) -> bool) -> CertificateList {
    for _ in 0..1_000 {
        let list = list(ca);
        if is_it(&list) {
            return list;
        }
        std::thread::yield_now();
    }
    panic!("the list was never made");
}

fn has(list: &CertificateList, leaf: &Leaf) -> bool {
    list.find(leaf.certificate().serial_number()).is_some()
}

#[test]
fn without_configuration_there_is_no_list() {
    let ca = TestCa::shared();
    let _ = ca.client().get("/crl").expect(501);
    let _ = ca.client().post_bytes("/ocsp", vec![]).expect(501);
}

#[test]
fn whoever_revokes_finds_it_in_the_next_list_and_the_number_has_grown() {
    let mut ca = with_lists();
    let leaves: Vec<_> = (0..3).map(|n| ca.issue(&format!("host{n}.example.com"))).collect();
    let mut before = list(&ca);
    assert_eq!(before.revoked(), []);
    for leaf in &leaves[..2] {
        revoke(&ca, leaf);
        let after = list(&ca);
        assert!(after.number() > before.number() && has(&after, leaf));
        before = after;
    }
    let entry = before.find(leaves[0].certificate().serial_number()).unwrap();
    assert_eq!((entry.reason, entry.revoked_at), (RevocationReason::KeyCompromise, ca.now()));
    assert!(!has(&before, &leaves[2]));
    ca.restart();
    let after = list(&ca);
    assert!(after.number() > before.number() && after.revoked() == before.revoked());
}

#[test]
fn a_list_is_followed_by_the_next_in_time() {
    let ca = with_lists();
    let first = list(&ca);
    assert_eq!(first.next_update(), first.this_update().checked_add(24 * HOUR).unwrap());
    ca.clock().advance(15 * HOUR);
    assert_eq!(list(&ca), first);
    ca.clock().advance(2 * HOUR);
    let second = list_that(&ca, |list| *list != first);
    assert!(second.number() > first.number());
    ca.clock().advance(48 * HOUR);
    // An old list is never served beyond its end.
    let third = list(&ca);
    assert_eq!(third.this_update(), ca.now());
}

#[test]
fn an_entry_stays_until_a_list_after_its_end_has_shown_it() {
    let ca = with_lists();
    let leaf = ca.issue("web.example.com");
    revoke(&ca, &leaf);
    assert!(has(&list(&ca), &leaf));
    // Nobody asked for a month.
    ca.clock().advance(30 * 24 * HOUR);
    let shown = list(&ca);
    assert!(has(&shown, &leaf));
    ca.clock().advance(48 * HOUR);
    assert!(!has(&list(&ca), &leaf));
}

#[test]
fn a_clock_that_was_ahead_takes_no_entry_out() {
    let ca = with_lists();
    let leaf = ca.issue("web.example.com");
    revoke(&ca, &leaf);
    let (now, before) = (ca.now(), list(&ca));
    ca.clock().advance(365 * 24 * HOUR);
    let ahead = list(&ca);
    ca.clock().set(now);
    let after = list_that(&ca, |list| list.this_update() == now);
    assert!(before.number() < ahead.number() && ahead.number() < after.number());
    assert!(has(&after, &leaf));
}

#[test]
fn openssl_refuses_what_is_in_the_list_and_nothing_else() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_lists();
    let (good, bad) = (ca.issue("good.example.com"), ca.issue("bad.example.com"));
    revoke(&ca, &bad);
    let pem = ca.client().get("/crl?pem").expect(200);
    assert_eq!(pem.header("content-type"), "application/x-pem-file");
    openssl.write("list.pem", &pem.body);
    openssl.write("list.der", &ca.client().get("/crl").expect(200).body);
    openssl.write("issuer.crt", ca.pki().intermediate.pem());
    openssl.write("root.crt", ca.pki().root.pem());
    for line in ["crl -in list.pem -noout -CAfile issuer.crt", "crl -inform DER -in list.der -noout -CAfile issuer.crt"]
    {
        openssl.run(line);
    }
    let check = "verify -x509_strict -crl_check -CAfile root.crt -untrusted issuer.crt -CRLfile list.pem leaf.crt";
    openssl.write("leaf.crt", good.certificate().pem());
    openssl.run(check);
    openssl.write("leaf.crt", bad.certificate().pem());
    assert!(openssl.try_run(check).unwrap_err().contains("certificate revoked"));
}

#[test]
fn certificates_say_where_the_list_is_when_they_are_told_to() {
    let point = "http://crl.example.com/crl";
    let crl = json!({"enabled": true, "distributionPoint": point, "idpURL": point});
    let ca = TestCa::build().configure(|file| file["crl"] = crl).start();
    let leaf = ca.issue("web.example.com");
    let extension = leaf.certificate().extensions().iter().find(|extension| extension.oid.to_string() == "2.5.29.31");
    assert!(extension.is_some_and(|extension| extension.value.windows(point.len()).any(|it| it == point.as_bytes())));
    let Some(openssl) = OpenSsl::find() else { return };
    openssl.write("list.pem", &ca.client().get("/crl?pem").expect(200).body);
    openssl.write("issuer.crt", ca.pki().intermediate.pem());
    openssl.write("root.crt", ca.pki().root.pem());
    openssl.write("leaf.crt", leaf.certificate().pem());
    openssl.run(
        "verify -x509_strict -extended_crl -crl_check -CAfile root.crt -untrusted issuer.crt -CRLfile list.pem leaf.crt",
    );
}
