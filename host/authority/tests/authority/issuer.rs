//! Which certificates and keys may issue.

use step_authority::keys::KeySpec;
use step_authority::{Issuer, IssuerError, pki};

use crate::harness::{NOW, TestCa, key};

#[test]
fn the_key_must_be_the_certificates() {
    let ca = TestCa::new();
    let intermediate = pki::create_intermediate("A", &key(KeySpec::EcP256), &ca.root, &ca.root_key, NOW).unwrap();
    let refused = Issuer::new(vec![intermediate], Box::new(key(KeySpec::EcP256))).unwrap_err();
    assert_eq!(refused, IssuerError::OtherKey { subject: "CN=A Intermediate CA".into() });
}

#[test]
fn a_leaf_cannot_issue() {
    let ca = TestCa::new();
    let leaf_key = key(KeySpec::EcP256);
    let refused = Issuer::new(vec![ca.issue("host")], Box::new(leaf_key)).unwrap_err();
    assert_eq!(refused, IssuerError::NotCa { subject: "CN=host".into() });
}

#[test]
fn a_chain_is_linked_and_its_root_left_out() {
    let ca = TestCa::new();
    let issuer_key = key(KeySpec::EcP256);
    let intermediate = pki::create_intermediate("A", &issuer_key, &ca.root, &ca.root_key, NOW).unwrap();
    let other = TestCa::new();
    let refused = Issuer::new(vec![intermediate.clone(), other.root.clone()], Box::new(key(KeySpec::EcP256)));
    assert!(matches!(refused, Err(IssuerError::Chain { .. })), "{refused:?}");
    let issuer = Issuer::new(vec![intermediate.clone(), ca.root.clone()], Box::new(issuer_key)).unwrap();
    assert_eq!(issuer.chain(), [intermediate]);
}

#[test]
fn an_empty_chain_is_no_issuer_and_a_root_may_be_one() {
    assert_eq!(Issuer::new(vec![], Box::new(key(KeySpec::EcP256))).unwrap_err(), IssuerError::NoCertificate);
    let root_key = key(KeySpec::EcP256);
    let root = pki::create_root("Only", &root_key, NOW).unwrap();
    assert!(Issuer::new(vec![root], Box::new(root_key)).is_ok());
}
