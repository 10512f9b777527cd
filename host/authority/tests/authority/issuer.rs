//! Which certificates and keys may issue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use step_authority::keys::{KeySpec, PrivateKey, SignatureAlgorithm, Signer, SignerError};
use step_authority::{Issuer, IssuerError, KeyProofError, pki};

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

/// A key in hardware that somebody can pull out.
struct Pulled {
    key: PrivateKey,
    is_there: Arc<AtomicBool>,
}

impl Signer for Pulled {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        if self.is_there.load(Ordering::Relaxed) { self.key.sign(message) } else { Err(SignerError::Refused) }
    }
}

#[test]
fn a_key_that_signs_is_proven_until_it_does_not() {
    let ca = TestCa::new();
    for kind in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::Ed25519] {
        let (key, is_there) = (key(kind), Arc::new(AtomicBool::new(true)));
        let intermediate = pki::create_intermediate("A", &key, &ca.root, &ca.root_key, NOW).unwrap();
        let pulled = Pulled { key, is_there: is_there.clone() };
        let issuer = Issuer::new(vec![intermediate], Box::new(pulled)).unwrap();
        assert_eq!(issuer.prove_key(), Ok(()), "{kind:?}");
        is_there.store(false, Ordering::Relaxed);
        assert_eq!(issuer.prove_key(), Err(KeyProofError::Signer(SignerError::Refused)), "{kind:?}");
    }
}
