//! What a check may change: less, never more.

use authority::{ObjectIdentifier, oid};
use policy_runtime::contract::{
    check::Edit,
    types::{Extension, KeyUsage, Validity},
};
use serde_json::json;
use step_tests::{Csr, Leaf, TestCa, fixed};

use crate::stand::{Stand, ask, guarded};

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CORPORATE: &str = "1.3.6.1.4.1.99999.7";

fn names(answer: &step_tests::Answer) -> Vec<String> {
    answer.certificate().subject_alt_names().unwrap().iter().collect()
}

#[test]
fn a_name_can_be_taken_out_and_so_is_the_common_name() {
    let stand = Stand::with_edits(&[Edit::RemoveSubjectAltName("b.example".into())], json!({}));
    let answer = stand.ask().expect(201);
    assert_eq!(names(&answer), ["a.example"]);
    assert_eq!(answer.certificate().subject().common_name(), Some("a.example"));

    let stand = Stand::with_edits(&[Edit::RemoveSubjectAltName("a.example".into())], json!({}));
    let answer = stand.ask().expect(201);
    assert_eq!(names(&answer), ["b.example"]);
    assert_eq!(answer.certificate().subject().common_name(), None);
}

#[test]
fn usages_can_be_taken_out_and_are_gone_for_good() {
    let stand = Stand::with_edits(&[Edit::RestrictExtKeyUsage(vec![SERVER_AUTH.into()])], json!({}));
    let csr = Csr::of("a.example");
    let token = stand.ca.token_of(stand.provisioner.name, &stand.provisioner.key, "a.example");
    let answer = stand.ca.sign(&csr, &token.sign()).expect(201);
    assert_eq!(answer.certificate().ext_key_usages(), [oid::SERVER_AUTH]);
    // It is for no client any more, so it cannot be renewed either.
    let client = stand.ca.client_with(Leaf { chain: answer.chain(), key: csr.key }.identity());
    assert!(client.try_send(client.request(reqwest::Method::POST, "/renew")).is_err(), "the handshake refuses it");
}

#[test]
fn a_key_usage_that_was_never_there_is_not_given() {
    let usage = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
    let stand = Stand::with_edits(&[Edit::RestrictKeyUsage(usage)], json!({}));
    let certificate = stand.ask().expect(201).certificate();
    assert_eq!(certificate.key_usage(), Some(authority::KeyUsage::DIGITAL_SIGNATURE));
}

#[test]
fn the_validity_can_be_shortened() {
    let builder = TestCa::build();
    let now = builder.now().as_unix();
    let validity = Validity { not_before: now, not_after: now + 600 };
    let module = fixed::check(&Ok(vec![Edit::SetValidity(validity)]));
    let stand = Stand::with_check(builder.module("corp", &module));
    let issued = stand.ask().expect(201).certificate().validity();
    assert_eq!((issued.not_before.as_unix(), issued.not_after.as_unix()), (now, now + 600));
}

#[test]
fn a_validity_that_is_cut_below_the_claims_is_refused_by_the_claims() {
    let builder = TestCa::build();
    let now = builder.now().as_unix();
    let validity = Validity { not_before: now, not_after: now + 299 };
    let module = fixed::check(&Ok(vec![Edit::SetValidity(validity)]));
    let stand = Stand::with_check(builder.module("corp", &module));
    // What is signed was approved by every check as it is, the first of them included.
    let answer = stand.ask().expect(403);
    assert!(answer.message().contains("less than the authorized minimum"), "{}", answer.message());
}

#[test]
fn a_granted_extension_is_added_and_survives_renewal() {
    let extension = Extension { oid: CORPORATE.into(), critical: false, value: vec![0x04, 1, 7] };
    let stand = Stand::with_edits(&[Edit::AddExtension(extension)], json!({"grants": {"extensions": [CORPORATE]}}));
    let certificate = stand.ask().expect(201).certificate();
    let oid = ObjectIdentifier::new(CORPORATE).unwrap();
    let added = certificate.extensions().iter().find(|extension| extension.oid == oid).unwrap();
    assert_eq!((added.critical, added.value.as_slice()), (false, &[4, 1, 7][..]));
    assert_eq!(certificate.extensions().last().unwrap().oid, oid::STEP_PROVISIONER);
}

#[test]
fn a_note_goes_into_the_record_and_not_into_the_certificate() {
    let stand = Stand::with_edits(&[Edit::Annotate(("ticket".into(), "OPS-7".into()))], json!({}));
    let serial = *stand.ask().expect(201).certificate().serial_number();
    let records = stand.ca.records();
    let entry = records.audit.iter().find(|entry| entry.serial_number == Some(serial)).unwrap();
    assert_eq!(entry.edits, ["corp.ticket=OPS-7"]);
}

#[test]
fn every_check_sees_what_the_one_before_it_left() {
    let provisioner = step_tests::Second::new("guarded@example.com");
    let one = fixed::check(&Ok(vec![Edit::RemoveSubjectAltName("a.example".into())]));
    let two = fixed::check(&Ok(vec![Edit::RestrictExtKeyUsage(vec![SERVER_AUTH.into()])]));
    let ca = TestCa::build()
        .module("one", &one)
        .module("two", &two)
        .configure(|ca_json| ca_json["authority"]["policies"] = json!(["two"]))
        .provisioner(guarded(&provisioner, &["one"]))
        .start();
    let answer = ask(&ca, &provisioner).expect(201);
    assert_eq!(names(&answer), ["b.example"]);
    assert_eq!(answer.certificate().ext_key_usages(), [oid::SERVER_AUTH]);
    let serial = *answer.certificate().serial_number();
    let records = ca.records();
    let entry = records.audit.iter().find(|entry| entry.serial_number == Some(serial)).unwrap();
    let modules: Vec<&str> = entry.modules.iter().map(|module| module.name.as_str()).collect();
    assert_eq!(modules, ["builtin:jwk", "builtin:claims", "two", "one"], "in the order in which they were asked");
}

#[test]
fn two_checks_that_want_the_same_name_gone_do_not_agree_by_accident() {
    let provisioner = step_tests::Second::new("guarded@example.com");
    let module = fixed::check(&Ok(vec![Edit::RemoveSubjectAltName("a.example".into())]));
    let ca = TestCa::build()
        .module("one", &module)
        .module("two", &module)
        .provisioner(guarded(&provisioner, &["one", "two"]))
        .start();
    // The second asks for a change that makes no sense: a failure, and nothing is signed.
    let _ = ask(&ca, &provisioner).expect(500);
}
