//! Certification requests: mutated, and random octets.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use step_tests::Csr;

use crate::{
    doors::{Door, cases, count_panics},
    mutations::mutated,
};

fn pem(der: &[u8]) -> String {
    authority::pem::encode("CERTIFICATE REQUEST", der)
}

#[test]
fn random_octets_are_no_request() {
    let (door, panics) = (Door::shared(), count_panics());
    proptest!(cases(800), |(octets in proptest::collection::vec(any::<u8>(), 0..200))| {
        let token = door.ca.token("web.example.com").sign();
        prop_assert!(!door.knock(&pem(&octets), &token).is_issued());
    });
    assert_eq!(panics.load(Ordering::SeqCst), 0);
}

#[test]
fn a_changed_request_is_refused_or_is_the_same() {
    let door = Door::shared();
    proptest!(cases(800), |(mutation in mutated(), seed: prop::sample::Index)| {
        let der = door.csr.request.der();
        let changed = mutation.apply(der, seed);
        prop_assume!(changed != der);
        let token = door.ca.token("web.example.com").sign();
        let is_issued = door.knock(&pem(&changed), &token).is_issued();
        // The signature covers every octet but its own, and those have one encoding.
        prop_assert!(!is_issued, "{}", pem(&changed));
    });
}

#[test]
fn any_text_around_and_instead_of_pem_is_refused() {
    let door = Door::shared();
    proptest!(cases(800), |(text in prop_oneof![".{0,200}", "-----BEGIN [A-Z ]{0,20}-----\n[A-Za-z0-9+/=\n]{0,100}-----END [A-Z ]{0,20}-----"])| {
        let token = door.ca.token("web.example.com").sign();
        prop_assert!(!door.knock(&text, &token).is_issued());
        prop_assume!(!text.trim_ascii().is_empty());
        let around = format!("{}{text}", Csr::of("web.example.com").pem);
        prop_assert!(!door.knock(&around, &token).is_issued());
    });
}
