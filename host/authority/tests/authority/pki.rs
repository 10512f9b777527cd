//! The root and the intermediate of a new authority.

use step_authority::keys::KeySpec;
use step_authority::{KeyUsage, oid, pki};

use crate::harness::{NOW, TestCa, at, key, names};

#[test]
fn root_and_intermediate_are_as_upstream_makes_them() {
    let root_key = key(KeySpec::EcP256);
    let root = pki::create_root("Smallstep", &root_key, NOW).unwrap();
    let intermediate_key = key(KeySpec::EcP256);
    let intermediate = pki::create_intermediate("Smallstep", &intermediate_key, &root, &root_key, NOW).unwrap();
    for (certificate, subject, path_len) in
        [(&root, "CN=Smallstep Root CA", 1), (&intermediate, "CN=Smallstep Intermediate CA", 0)]
    {
        assert_eq!(certificate.subject().to_string(), subject);
        assert_eq!(certificate.issuer(), root.subject());
        assert_eq!((certificate.validity().not_before, certificate.validity().not_after), (NOW, at(87_600 * 3600)));
        assert_eq!(certificate.key_usage(), Some(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN));
        assert!(certificate.is_ca());
        assert_eq!(certificate.path_len(), Some(path_len));
        assert!(certificate.ext_key_usages().is_empty());
        let identifier = certificate.public_key().subject_key_identifier().to_vec();
        assert_eq!(certificate.subject_key_identifier(), Some(identifier));
        let is_critical = |oid| certificate.extensions().iter().any(|one| one.oid == oid && one.critical);
        assert!(is_critical(oid::KEY_USAGE) && is_critical(oid::BASIC_CONSTRAINTS));
    }
    assert_eq!(root.authority_key_identifier(), None);
    assert_eq!(intermediate.authority_key_identifier(), root.subject_key_identifier());
    assert_ne!(root.serial_number(), intermediate.serial_number());
}

#[test]
fn an_intermediate_needs_a_root_that_may_sign_it_and_its_key() {
    let ca = TestCa::new();
    let intermediate = ca.authority.issuer().certificate();
    let some_key = key(KeySpec::EcP256);
    let refused = pki::create_intermediate("A", &some_key, intermediate, &some_key, NOW).unwrap_err();
    assert!(matches!(refused, pki::PkiError::NotAnIssuer { .. }), "{refused}");
    let refused = pki::create_intermediate("A", &some_key, &ca.root, &some_key, NOW).unwrap_err();
    assert!(matches!(refused, pki::PkiError::OtherKey { .. }), "{refused}");
}

#[test]
fn an_intermediate_does_not_outlive_its_root() {
    let ca = TestCa::new();
    let later = pki::create_intermediate("A", &key(KeySpec::EcP256), &ca.root, &ca.root_key, at(1000)).unwrap();
    assert_eq!(later.validity().not_after, ca.root.validity().not_after);
}

#[test]
fn a_request_has_the_names_it_was_made_for() {
    let requested = names(&["host", "10.0.0.1", "u@example.com", "urn:x"]);
    for spec in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
        let request = pki::create_csr(&key(spec), "host", &requested).unwrap();
        assert_eq!(request.common_name(), Some("host"));
        assert_eq!(request.subject_alt_names(), &requested);
        assert!(request.extensions().is_empty());
    }
    let bare = pki::create_csr(&key(KeySpec::EcP256), "", &names(&[])).unwrap();
    assert!(bare.subject().is_empty() && bare.subject_alt_names().is_empty());
    assert!(pki::create_csr(&key(KeySpec::EcP256), &"x".repeat(65), &names(&[])).is_err());
}
