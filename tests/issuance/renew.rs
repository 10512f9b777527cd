//! The same certificate again, for whoever holds it.

use std::time::Duration;

use authority::{
    Certificate, Timestamp,
    keys::{KeySpec, PrivateKey},
    pki,
};
use rcgen::{CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose};
use reqwest::Method;
use serde_json::json;
use step_tests::{Answer, Client, Leaf, TestCa};
use time::OffsetDateTime;

use crate::sign::after;

fn renew(client: &Client) -> Answer {
    client.send(client.request(Method::POST, "/renew"))
}

fn renew_as(ca: &TestCa, leaf: &Leaf) -> Answer {
    renew(&ca.client_with(leaf.identity()))
}

#[test]
fn a_renewed_certificate_differs_in_its_time_and_its_serial_number_alone() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    ca.clock().advance(Duration::from_secs(40));
    let answer = renew_as(&ca, &leaf).expect(201);
    let (old, new) = (leaf.certificate(), answer.certificate());
    assert_ne!(old.serial_number(), new.serial_number());
    assert_eq!(new.validity().not_before, after(ca.now(), -60));
    assert_eq!(new.validity().duration(), old.validity().duration());
    assert_eq!(new.subject().der(), old.subject().der());
    assert_eq!(new.public_key().spki_der(), old.public_key().spki_der());
    assert_eq!(new.extensions(), old.extensions());
    assert_eq!(answer.chain(), [new.clone(), ca.pki().intermediate.clone()]);

    let again = Leaf { chain: answer.chain(), key: leaf.key };
    let _ = renew_as(&ca, &again).expect(201);
    let records = ca.records();
    let renewals: Vec<_> =
        records.certificates.iter().map(|record| (record.operation.as_str(), record.renewals)).collect();
    assert_eq!(renewals[renewals.len() - 3..], [("sign", 0), ("renew", 1), ("renew", 2)]);
}

#[test]
fn a_leaf_alone_is_enough_and_the_older_paths_are_the_same() {
    let ca = TestCa::shared();
    let leaf = ca.issue("web.example.com");
    let client = ca.client_with(leaf.identity_alone());
    for path in ["/renew", "/1.0/renew", "/re-sign", "/1.0/re-sign"] {
        let _ = client.send(client.request(Method::POST, path)).expect(201);
        // Whatever a body says, it is not looked at.
        let _ = client.post(path, &json!({"csr": "other", "notAfter": "1h"})).expect(201);
    }
}

#[test]
fn without_a_certificate_there_is_nothing_to_renew() {
    let ca = TestCa::shared();
    let answer = renew(ca.client()).expect(400);
    assert!(answer.message().contains("missing peer certificate"), "{}", answer.message());
}

#[test]
fn an_expired_certificate_is_not_renewed() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let client = ca.client_with(leaf.identity());
    let end = leaf.certificate().validity().not_after;
    ca.clock().set(end);
    // The connection outlives the certificate: it was good when the handshake looked at it.
    let _ = renew(&client).expect(201);
    ca.clock().set(after(end, 1));
    let answer = renew(&client).expect(401);
    assert!(answer.problem().decision_id.is_some());
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_not_renewed() {
    let ca = TestCa::start();
    let csr = step_tests::Csr::of("web.example.com");
    let body = step_tests::body_of_2026(&csr.pem, &ca.token("web.example.com").sign(), "1h", "1h");
    let answer = ca.client().post("/sign", &body).expect(201);
    refused(&ca, "not valid yet", &Leaf { chain: answer.chain(), key: csr.key });
}

/// A certificate that the handshake or the road refuses: either way nothing is issued.
#[track_caller]
fn refused(ca: &TestCa, what: &str, leaf: &Leaf) {
    let before = ca.records().certificates.len();
    let client = ca.client_with(leaf.identity());
    if let Ok(answer) = client.try_send(client.request(Method::POST, "/renew")) {
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        assert_eq!(answer.message(), "The request lacked the necessary authorization; the log of the CA says why.");
    }
    assert_eq!(ca.records().certificates.len(), before, "{what}");
}

/// Certificates that the intermediate's key signed without the CA's knowledge.
struct Forger<'a>(&'a TestCa);

impl Forger<'_> {
    fn params(&self, begin: Timestamp) -> CertificateParams {
        let mut params = CertificateParams::new(["web.example.com".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "web.example.com");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = OffsetDateTime::from_unix_timestamp(begin.as_unix()).unwrap();
        params.not_after = params.not_before + Duration::from_secs(7_200);
        params
    }

    fn sign(&self, params: &CertificateParams) -> Leaf {
        let Self(ca) = self;
        sign_under(&ca.pki().intermediate, &ca.pki().intermediate_key, params)
    }
}

fn sign_under(intermediate: &Certificate, key: &PrivateKey, params: &CertificateParams) -> Leaf {
    let issuer_key = KeyPair::from_pem(&key.to_pkcs8_pem().unwrap()).unwrap();
    let issuer = Issuer::from_ca_cert_der(&intermediate.der().into(), issuer_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = Certificate::from_der(params.signed_by(&key, &issuer).unwrap().der()).unwrap();
    let key = PrivateKey::from_pem(&key.serialize_pem(), None).unwrap();
    Leaf { chain: vec![certificate, intermediate.clone()], key }
}

#[test]
fn certificates_for_another_use_are_not_renewed() {
    let ca = TestCa::start();
    let forger = Forger(&ca);
    let begin = after(ca.now(), -600);
    let mut server_only = forger.params(begin);
    server_only.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    refused(&ca, "without clientAuth", &forger.sign(&server_only));
    let mut any = forger.params(begin);
    any.extended_key_usages = vec![];
    refused(&ca, "without a use", &forger.sign(&any));
    let mut authority = forger.params(begin);
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    refused(&ca, "a CA", &forger.sign(&authority));
    let own = |key: &PrivateKey| PrivateKey::from_pem(&key.to_pem().unwrap(), None).unwrap();
    let pki = ca.pki();
    refused(&ca, "the intermediate", &Leaf { chain: vec![pki.intermediate.clone()], key: own(&pki.intermediate_key) });
    refused(&ca, "the root", &Leaf { chain: vec![pki.root.clone()], key: own(&pki.root_key) });
}

#[test]
fn certificates_of_another_ca_are_not_renewed() {
    let (ca, other) = (TestCa::start(), TestCa::start());
    refused(&ca, "another CA's", &other.issue("web.example.com"));
    let mut mixed = other.issue("web.example.com");
    mixed.chain[1] = ca.pki().intermediate.clone();
    refused(&ca, "with our intermediate", &mixed);
}

#[test]
fn what_a_sibling_under_our_root_has_signed_is_not_renewed() {
    let ca = TestCa::start();
    let begin = after(ca.now(), -600);
    let key = PrivateKey::generate(KeySpec::EcP256).unwrap();
    let sibling = pki::create_intermediate("Sibling", &key, &ca.pki().root, &ca.pki().root_key, begin).unwrap();
    // It chains to our root and begins before our store: that would do for a certificate of ours.
    refused(&ca, "a sibling's", &sign_under(&sibling, &key, &Forger(&ca).params(begin)));
}

#[test]
fn a_certificate_from_before_the_store_is_renewed_and_on_record_from_then_on() {
    let ca = TestCa::start();
    let forger = Forger(&ca);
    let old = forger.sign(&forger.params(after(ca.now(), -600)));
    let first = renew_as(&ca, &old).expect(201);
    let second = Leaf { chain: first.chain(), key: old.key };
    let _ = renew_as(&ca, &second).expect(201);
    let records = ca.records();
    assert_eq!(records.certificates.iter().filter(|record| record.operation == "renew").count(), 2);
}

#[test]
fn a_certificate_without_a_record_that_should_have_one_is_not_renewed() {
    let ca = TestCa::start();
    let forger = Forger(&ca);
    refused(&ca, "from after the store was made", &forger.sign(&forger.params(ca.now())));
}

#[test]
fn the_whole_certificate_is_compared_and_not_its_serial_number() {
    let ca = TestCa::start();
    let forger = Forger(&ca);
    let real = ca.issue("web.example.com");
    let mut params = forger.params(after(ca.now(), -600));
    let serial = real.certificate().serial_number().as_bytes().to_vec();
    params.serial_number = Some(rcgen::SerialNumber::from(serial));
    let forged = forger.sign(&params);
    assert_eq!(forged.certificate().serial_number(), real.certificate().serial_number());
    refused(&ca, "another key under the same serial number", &forged);
    let _ = renew_as(&ca, &real).expect(201);
}

#[test]
fn a_provisioner_extension_that_cannot_be_read_is_not_passed_over() {
    let ca = TestCa::start();
    let forger = Forger(&ca);
    let mut params = forger.params(after(ca.now(), -600));
    let oid = [1, 3, 6, 1, 4, 1, 37476, 9000, 64, 1];
    params.custom_extensions.push(CustomExtension::from_oid_content(&oid, vec![0x30, 3, 2, 1, 1]));
    refused(&ca, "half an extension", &forger.sign(&params));
}

#[test]
fn a_certificate_of_a_provisioner_that_is_gone_is_not_renewed() {
    let mut ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    ca.configure(|ca_json| ca_json["authority"]["provisioners"][0]["name"] = "renamed".into());
    ca.restart();
    refused(&ca, "its provisioner is gone", &leaf);
}

#[test]
fn a_provisioner_may_have_another_key_by_now() {
    let mut ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let mut other = step_tests::Second::new("").object();
    other["name"] = step_tests::PROVISIONER.into();
    ca.configure(|ca_json| ca_json["authority"]["provisioners"][0] = other);
    ca.restart();
    let _ = renew_as(&ca, &leaf).expect(201);
}

#[test]
fn renewal_follows_the_claims_of_today() {
    let mut ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    ca.configure(|ca_json| ca_json["authority"]["claims"] = json!({"disableRenewal": true}));
    ca.restart();
    refused(&ca, "renewal is disabled", &leaf);

    ca.configure(|ca_json| {
        ca_json["authority"]["claims"] = json!({"maxTLSCertDuration": "2h", "defaultTLSCertDuration": "1h"});
    });
    ca.restart();
    let shorter = renew_as(&ca, &leaf).expect(201).certificate().validity();
    assert_eq!(shorter.duration(), Some(Duration::from_secs(7_260)));

    ca.configure(|ca_json| {
        ca_json["authority"]["provisioners"][0]["claims"] = json!({"disableRenewal": false});
        ca_json["authority"]["claims"] = json!({"disableRenewal": true});
    });
    ca.restart();
    let _ = renew_as(&ca, &leaf).expect(201);
}

#[test]
fn a_chain_of_more_than_four_certificates_is_not_looked_at() {
    let ca = TestCa::start();
    let mut leaf = ca.issue("web.example.com");
    let intermediate = leaf.chain[1].clone();
    leaf.chain.resize(4, intermediate.clone());
    let _ = renew_as(&ca, &leaf).expect(201);
    leaf.chain.push(intermediate);
    refused(&ca, "five certificates", &leaf);
}
