//! webpki, as the TLS stacks of Rust use it.

use authority::{PathError, oid, verify_path};
use step_tests::{Csr, TestCa};

#[test]
fn our_leaves_serve_for_both_ends_of_tls_while_they_are_valid() {
    let ca = TestCa::shared();
    let csr = Csr::of("host");
    let certificate = ca.sign(&csr, &ca.token("host").sign()).expect(201).certificate();
    let (root, intermediate) = ([ca.pki().root.clone()], [ca.pki().intermediate.clone()]);
    let validity = certificate.validity();
    let verify = |at, usage| verify_path(&certificate, &intermediate, &root, at, &[usage]);
    for usage in [oid::SERVER_AUTH, oid::CLIENT_AUTH] {
        for at in [validity.not_before, ca.now(), validity.not_after] {
            assert_eq!(verify(at, usage).unwrap().len(), 3);
        }
    }
    let second = std::time::Duration::from_secs(1);
    let before = validity.not_before.saturating_sub(second);
    assert_eq!(verify(before, oid::SERVER_AUTH), Err(PathError::NotYetValid));
    let after = validity.not_after.checked_add(second).unwrap();
    assert_eq!(verify(after, oid::SERVER_AUTH), Err(PathError::Expired), "notAfter is the last second");
    let other = authority::ObjectIdentifier::new("1.3.6.1.5.5.7.3.3").unwrap();
    assert_eq!(verify(ca.now(), other), Err(PathError::UsageNotAllowed));
    assert_eq!(
        verify_path(&certificate, &[], &root, ca.now(), &[oid::SERVER_AUTH]),
        Err(PathError::UnknownIssuer),
        "without the intermediate"
    );
}
