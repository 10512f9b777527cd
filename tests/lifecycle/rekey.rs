//! The same certificate with another key.

use std::time::Duration;

use authority::keys::KeySpec;
use serde_json::json;
use step_tests::{Answer, Csr, Leaf, OpenSsl, TestCa};

fn rekey(ca: &TestCa, leaf: &Leaf, csr: &str) -> Answer {
    ca.client_with(leaf.identity()).post("/1.0/rekey", &json!({"csr": csr}))
}

#[test]
fn only_the_key_changes() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    ca.clock().advance(Duration::from_secs(40));
    for csr in [Csr::new("", &[]), Csr::new("other.example.com", &["other.example.com", "10.0.0.1"])] {
        let answer = rekey(&ca, &leaf, &csr.pem).expect(201);
        let (old, new) = (leaf.certificate(), answer.certificate());
        assert_ne!(old.serial_number(), new.serial_number());
        assert_eq!(new.public_key().spki_der(), csr.request.public_key().spki_der());
        assert_eq!(new.subject().der(), old.subject().der());
        assert_eq!(new.subject_alt_names().unwrap(), old.subject_alt_names().unwrap());
        assert_eq!(new.validity().duration(), old.validity().duration());
        assert_ne!(new.subject_key_identifier(), old.subject_key_identifier());
        assert_eq!(new.provisioner_extension().unwrap(), old.provisioner_extension().unwrap());
        assert_eq!(new.extensions().len(), old.extensions().len());
        assert_eq!(answer.chain(), [new, ca.pki().intermediate.clone()]);
    }
    let records = ca.records();
    let last = records.certificates.last().unwrap();
    assert_eq!((last.operation.as_str(), last.renewals), ("rekey", 1));
}

#[test]
fn the_new_key_is_good_for_the_next_time() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let csr = Csr::new("", &[]);
    let chain = rekey(&ca, &leaf, &csr.pem).expect(201).chain();
    let rekeyed = Leaf { chain, key: csr.key };
    let _ = rekey(&ca, &rekeyed, &Csr::new("", &[]).pem).expect(201);
}

#[test]
fn a_request_is_held_to_the_rules_of_a_first_one() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let good = Csr::new("", &[]);
    let certificate = leaf.certificate().pem();
    for csr in ["", "no PEM", &certificate] {
        let _ = rekey(&ca, &leaf, csr).expect(400);
    }
    // The key of the issuer is used already.
    let issuer_key = ca.pki().intermediate_key.to_pem().unwrap();
    let key = authority::keys::PrivateKey::from_pem(&issuer_key, None).unwrap();
    let _ = rekey(&ca, &leaf, &Csr::with_key(key, "", &[]).pem).expect(403);
    let _ = ca.client().post("/rekey", &json!({"csr": good.pem})).expect(400);
    if let Some(openssl) = OpenSsl::find() {
        let weak = openssl.request("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "");
        let _ = rekey(&ca, &leaf, &weak).expect(400);
    }
    assert_eq!(ca.answered().len(), 1);
}

#[test]
fn every_kind_of_key_may_follow_every_other() {
    let ca = TestCa::start();
    let mut leaf = ca.issue("web.example.com");
    for kind in [KeySpec::EcP384, KeySpec::Ed25519, KeySpec::EcP256] {
        let csr = Csr::with_key(authority::keys::PrivateKey::generate(kind).unwrap(), "", &[]);
        let chain = rekey(&ca, &leaf, &csr.pem).expect(201).chain();
        leaf = Leaf { chain, key: csr.key };
    }
}

#[test]
fn where_renewal_is_disabled_so_is_rekeying() {
    let ca = TestCa::build().claims(json!({"disableRenewal": true})).start();
    let leaf = ca.issue("web.example.com");
    let _ = rekey(&ca, &leaf, &Csr::new("", &[]).pem).expect(401);
}
