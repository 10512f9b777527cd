//! Path validation for certificates others present.

use step_authority::keys::KeySpec;
use step_authority::{Edit, ObjectIdentifier, PathError, oid, pki, verify_path};

use crate::harness::{DAY, NOW, TestCa, at, key};

#[test]
fn a_leaf_leads_over_the_intermediate_to_the_root() {
    let ca = TestCa::new();
    let leaf = ca.issue("host");
    let intermediates = ca.authority.issuer().chain();
    let other = TestCa::new();
    let roots = [other.root, ca.root.clone()];
    let path = verify_path(&leaf, intermediates, &roots, NOW, &[oid::CLIENT_AUTH, oid::SERVER_AUTH]).unwrap();
    assert_eq!(path, [leaf, intermediates[0].clone(), ca.root]);
}

#[test]
fn a_path_is_checked_at_the_time_asked_for() {
    let ca = TestCa::new();
    let leaf = ca.issue("host");
    let intermediates = ca.authority.issuer().chain();
    let verify =
        |time| verify_path(&leaf, intermediates, std::slice::from_ref(&ca.root), time, &[]).map(|path| path.len());
    assert_eq!(verify(at(0)), Ok(3));
    assert_eq!(verify(at(DAY)), Ok(3));
    assert_eq!(verify(at(DAY + 1)), Err(PathError::Expired));
    assert_eq!(verify(at(-61)), Err(PathError::NotYetValid));
    assert_eq!(verify(at(87_600 * 3600 + 1)), Err(PathError::Expired));
}

#[test]
fn a_foreign_or_missing_root_or_intermediate_is_not_a_path() {
    let (ca, other) = (TestCa::new(), TestCa::new());
    let leaf = ca.issue("host");
    let own = ca.authority.issuer().chain();
    let unknown = Err(PathError::UnknownIssuer);
    let verify = |intermediates, roots: &[_]| verify_path(&leaf, intermediates, roots, NOW, &[]).map(|path| path.len());
    assert_eq!(verify(own, &[other.root]), unknown);
    assert_eq!(verify(own, &[]), unknown);
    assert_eq!(verify(&[], std::slice::from_ref(&ca.root)), unknown);
    assert_eq!(verify(other.authority.issuer().chain(), &[ca.root]), unknown);
}

#[test]
fn a_usage_the_leaf_does_not_have_is_not_allowed() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    draft.apply(Edit::RestrictExtKeyUsage(vec![oid::SERVER_AUTH])).unwrap();
    let leaf = ca.sign(draft).certificate().clone();
    let verify = |usages: &[ObjectIdentifier]| {
        verify_path(&leaf, ca.authority.issuer().chain(), std::slice::from_ref(&ca.root), NOW, usages)
            .map(|path| path.len())
    };
    assert_eq!(verify(&[oid::SERVER_AUTH]), Ok(3));
    assert_eq!(verify(&[oid::CLIENT_AUTH]), Err(PathError::UsageNotAllowed));
    assert_eq!(verify(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]), Err(PathError::UsageNotAllowed));
}

#[test]
fn a_ca_under_an_intermediate_that_allows_none_is_not_a_path() {
    let ca = TestCa::new();
    // A root of its own, which another root signs with path length 0 in between.
    let sub_key = key(KeySpec::EcP256);
    let sub = pki::create_intermediate("Sub", &sub_key, &ca.root, &ca.root_key, NOW).unwrap();
    assert!(verify_path(&sub, &[], &[ca.root], NOW, &[]).is_err(), "a CA certificate is no leaf");
}
