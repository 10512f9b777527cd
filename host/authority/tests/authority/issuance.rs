//! From a request and a grant to a certificate.

use std::time::Duration;

use step_authority::keys::{KeySpec, Signer};
use step_authority::{
    Certificate, CommonNameRule, DraftError, Edit, GrantError, KeyUsage, NameRule, ObjectIdentifier, Profile,
    RefusedKeys, SubjectTemplate, SubjectTemplateValues, oid, pki,
};

use crate::harness::{DAY, NOW, TestCa, at, grant, key, names, one_day, provisioner, request, serial, validity};

fn oids(certificate: &Certificate) -> Vec<ObjectIdentifier> {
    certificate.extensions().iter().map(|extension| extension.oid).collect()
}

#[test]
fn a_leaf_has_the_profile_and_nothing_else() {
    let ca = TestCa::new();
    let serial = serial();
    let mut draft = ca.draft_for("host");
    draft.apply(Edit::SetValidity(one_day())).unwrap();
    let signed = ca.authority.sign(draft.approve(NOW).unwrap(), serial).unwrap();
    let leaf = signed.certificate();
    let issuer = ca.authority.issuer().certificate();

    assert_eq!(*leaf.serial_number(), serial);
    assert_eq!(leaf.issuer().der(), issuer.subject().der());
    assert_eq!(leaf.subject().to_string(), "CN=host");
    assert_eq!(leaf.validity(), one_day());
    assert_eq!(leaf.subject_alt_names().unwrap(), &names(&["host"]));
    assert_eq!(leaf.key_usage(), Some(KeyUsage::DIGITAL_SIGNATURE));
    assert_eq!(leaf.ext_key_usages(), [oid::SERVER_AUTH, oid::CLIENT_AUTH]);
    assert!(!leaf.is_ca());
    assert_eq!(leaf.authority_key_identifier(), issuer.subject_key_identifier());
    assert_eq!(leaf.subject_key_identifier(), Some(leaf.public_key().subject_key_identifier().to_vec()));
    assert_eq!(leaf.provisioner_extension(), Ok(Some(provisioner())));
    let order = [
        oid::KEY_USAGE,
        oid::EXT_KEY_USAGE,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::SUBJECT_ALT_NAME,
        oid::STEP_PROVISIONER,
    ];
    assert_eq!(oids(leaf), order);
    let critical = leaf.extensions().iter().filter(|extension| extension.critical).map(|extension| extension.oid);
    assert_eq!(critical.collect::<Vec<_>>(), [oid::KEY_USAGE]);
    assert_eq!(signed.chain().map(Certificate::der).collect::<Vec<_>>(), [leaf.der(), issuer.der()]);
}

#[test]
fn key_encipherment_is_for_rsa_alone() {
    let ca = TestCa::new();
    for (spec, usage) in [
        (KeySpec::Rsa { bits: 2048 }, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT),
        (KeySpec::Ed25519, KeyUsage::DIGITAL_SIGNATURE),
        (KeySpec::EcP521, KeyUsage::DIGITAL_SIGNATURE),
    ] {
        let request = pki::create_csr(&key(spec), "host", &names(&["host"])).unwrap();
        let signed = ca.sign(ca.draft(&request, grant("host", &["host"])));
        assert_eq!(signed.certificate().key_usage(), Some(usage), "{spec:?}");
    }
}

#[test]
fn the_certificate_has_the_granted_names_not_the_requested_ones() {
    let ca = TestCa::new();
    let granted = ["host", "10.0.0.1", "u@example.com"];
    let signed = ca.sign(ca.draft(&request("host", &["host"]), grant("host", &granted)));
    assert_eq!(signed.certificate().subject_alt_names().unwrap(), &names(&granted));
}

#[test]
fn a_request_that_is_not_what_was_granted_is_refused_with_what_was() {
    let ca = TestCa::new();
    let refuse = |request, grant| ca.authority.draft(&request, grant, NOW).unwrap_err().to_string();
    assert_eq!(
        refuse(request("other", &["host"]), grant("host", &["host"])),
        "common name claim failed - got other, want host"
    );
    assert_eq!(
        refuse(request("host", &["host", "more"]), grant("host", &["host"])),
        "DNS names claim failed - got host, more, want host"
    );
    let mut empty = grant("host", &[]);
    empty.subject_alt_names = NameRule::Exact(names(&[]));
    assert_eq!(refuse(request("host", &[]), empty), "the certificate would have no name");
}

#[test]
fn a_grant_for_one_request_is_not_good_for_another() {
    let ca = TestCa::new();
    let (one, other) = (request("host", &["host"]), request("host", &["host"]));
    let bound = step_authority::Grant { csr_sha256: Some(one.sha256()), ..grant("host", &["host"]) };
    assert!(ca.authority.draft(&one, bound.clone(), NOW).is_ok());
    let refused = ca.authority.draft(&other, bound, NOW).unwrap_err();
    assert!(matches!(refused, DraftError::Grant(GrantError::Request { .. })), "{refused}");
}

#[test]
fn without_any_subject_the_names_are_critical() {
    let ca = TestCa::new();
    let mut nameless = grant("host", &["host"]);
    nameless.common_name = CommonNameRule::OneOf(vec![]);
    let leaf = ca.sign(ca.draft(&request("", &["host"]), nameless)).certificate().clone();
    assert!(leaf.subject().is_empty());
    let extension = leaf.extensions().iter().find(|extension| extension.oid == oid::SUBJECT_ALT_NAME).unwrap();
    assert!(extension.critical);
}

#[test]
fn without_a_provisioner_there_is_no_provisioner_extension() {
    let ca = TestCa::new();
    let own = step_authority::Grant { provisioner: None, ..grant("host", &["host"]) };
    let leaf = ca.sign(ca.draft(&request("host", &[]), own)).certificate().clone();
    assert_eq!(leaf.provisioner_extension(), Ok(None));
}

#[test]
fn a_missing_common_name_is_filled_from_the_grant() {
    let ca = TestCa::new();
    let leaf = ca.sign(ca.draft(&request("", &[]), grant("host", &["host"]))).certificate().clone();
    assert_eq!(leaf.subject().common_name(), Some("host"));
}

#[test]
fn the_operators_template_fills_the_subject() {
    let values = SubjectTemplateValues { country: "DE", organization: "Example & Söhne", ..Default::default() };
    let profile = Profile { template: SubjectTemplate::new(values).unwrap(), ..Profile::default() };
    let ca = TestCa::with(KeySpec::EcP256, profile);
    assert_eq!(ca.issue("host").subject().to_string(), "C=DE, O=Example & Söhne, CN=host");
}

#[test]
fn keys_of_the_authority_and_of_provisioners_are_not_certified() {
    let provisioner_key = key(KeySpec::EcP256);
    let refused_keys = RefusedKeys::new([provisioner_key.public_key()]);
    let ca = TestCa::with(KeySpec::EcP256, Profile { refused_keys, ..Profile::default() });
    let request = pki::create_csr(&provisioner_key, "host", &names(&["host"])).unwrap();
    assert_eq!(ca.authority.draft(&request, grant("host", &["host"]), NOW).unwrap_err(), DraftError::KeyInUse);

    let issuer_key = key(KeySpec::EcP256);
    let request = pki::create_csr(&issuer_key, "host", &names(&["host"])).unwrap();
    let intermediate = pki::create_intermediate("Own", &issuer_key, &ca.root, &ca.root_key, NOW).unwrap();
    let issuer = step_authority::Issuer::new(vec![intermediate], Box::new(issuer_key)).unwrap();
    let own = step_authority::Authority::new(issuer, Profile::default());
    assert_eq!(own.draft(&request, grant("host", &["host"]), NOW).unwrap_err(), DraftError::KeyInUse);
}

#[test]
fn a_draft_without_validity_is_not_approved() {
    let ca = TestCa::new();
    let draft = ca.draft_for("host");
    assert_eq!(draft.validity(), None);
    assert_eq!(draft.approve(NOW).unwrap_err(), DraftError::NoValidity);
}

#[test]
fn a_certificate_that_would_be_over_is_not_approved() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    draft.apply(Edit::SetValidity(validity(-60, 10))).unwrap();
    assert!(draft.clone().approve(at(10)).is_ok());
    assert_eq!(draft.approve(at(11)).unwrap_err(), DraftError::Expired { not_after: at(10) });
}

#[test]
fn names_beyond_the_limit_of_the_profile_are_refused() {
    let ca = TestCa::with(KeySpec::EcP256, Profile { max_names: 2, ..Profile::default() });
    assert!(ca.authority.draft(&request("a", &[]), grant("a", &["a", "b"]), NOW).is_ok());
    let refused = ca.authority.draft(&request("a", &[]), grant("a", &["a", "b", "c"]), NOW).unwrap_err();
    assert_eq!(refused, DraftError::TooManyNames { limit: 2 });
}

#[test]
fn a_later_backdate_is_the_operators() {
    let ca = TestCa::with(KeySpec::EcP256, Profile { backdate: Duration::from_secs(600), ..Profile::default() });
    let mut draft = ca.draft_for("host");
    draft.apply(Edit::SetValidity(validity(-600, DAY))).unwrap();
    assert_eq!(draft.validity(), Some(validity(-600, DAY)));
    assert!(draft.notes().is_empty());
}
