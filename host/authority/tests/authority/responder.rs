//! Who may sign OCSP answers in the issuer's place.

use step_authority::keys::{KeySpec, PrivateKey, Signer};
use step_authority::ocsp::{Delegate, DelegateError};
use step_authority::{Certificate, DraftError, Edit, pki};

use crate::harness::{NOW, TestCa, grant, key, names};

const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
const NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";

fn responder(ca: &TestCa, key: &PrivateKey) -> Certificate {
    let request = pki::create_csr(key, "OCSP", &names(&["ca.example.com"])).unwrap();
    let draft = ca.authority.draft_responder(&request, grant("OCSP", &["ca.example.com"]), NOW).unwrap();
    ca.sign(draft).certificate().clone()
}

#[test]
fn a_responder_signs_answers_and_serves_nothing_else() {
    let (ca, key) = (TestCa::new(), key(KeySpec::EcP256));
    let certificate = responder(&ca, &key);
    assert_eq!(certificate.ext_key_usages().iter().map(ToString::to_string).collect::<Vec<_>>(), [OCSP_SIGNING]);
    let no_check = certificate.extensions().iter().find(|extension| extension.oid.to_string() == NO_CHECK).unwrap();
    assert_eq!((no_check.critical, no_check.value.as_slice()), (false, &[5, 0][..]));
    assert!(Delegate::new(certificate.clone(), Box::new(key), ca.authority.issuer()).is_ok());
    // It is given another, and does not renew what it has.
    let mut again = ca.authority.redraft(&certificate, None, NOW).unwrap();
    again.apply(Edit::SetValidity(certificate.validity())).unwrap();
    assert_eq!(again.approve(NOW).unwrap_err(), DraftError::ExtKeyUsage);
}

#[test]
fn certificate_key_and_issuer_of_a_responder_belong_together() {
    let (ca, other) = (TestCa::new(), TestCa::new());
    let (own, foreign) = (key(KeySpec::EcP256), key(KeySpec::EcP256));
    let certificate = responder(&ca, &own);
    let refused = |certificate: Certificate, key: PrivateKey, ca: &TestCa| {
        Delegate::new(certificate, Box::new(key), ca.authority.issuer()).map(drop).unwrap_err()
    };
    assert_eq!(refused(certificate.clone(), foreign, &ca), DelegateError::OtherKey);
    let copy = PrivateKey::from_pem(&own.to_pem().unwrap(), None).unwrap();
    assert!(matches!(refused(certificate, copy, &other), DelegateError::OtherIssuer(_)));
    let request = pki::create_csr(&own, "web", &names(&["web"])).unwrap();
    let leaf = ca.sign(ca.draft(&request, grant("web", &["web"]))).certificate().clone();
    assert_eq!(leaf.public_key().spki_der(), own.public_key());
    assert_eq!(refused(leaf, own, &ca), DelegateError::Usage);
}
