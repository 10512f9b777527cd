//! Damaged octets: nothing panics, and no request is taken whose signed part
//! was changed.

use proptest::prelude::*;
use step_authority::{Certificate, CertificationRequest};

use crate::harness::{TestCa, request};

#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Delete(prop::sample::Index),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), 0_u8..8).prop_map(|(index, bit)| Damage::Flip(index, bit)),
        2 => (index(), any::<u8>()).prop_map(|(index, octet)| Damage::Set(index, octet)),
        1 => (index(), any::<u8>()).prop_map(|(index, octet)| Damage::Insert(index, octet)),
        1 => index().prop_map(Damage::Delete),
        1 => index().prop_map(Damage::Cut),
    ]
}

fn damaged(der: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut der = der.to_vec();
    for damage in damages {
        if der.is_empty() {
            break;
        }
        let length = der.len();
        match damage {
            Damage::Flip(index, bit) => der[index.index(length)] ^= 1 << bit,
            Damage::Set(index, octet) => der[index.index(length)] = *octet,
            Damage::Insert(index, octet) => der.insert(index.index(length), *octet),
            Damage::Delete(index) => drop(der.remove(index.index(length))),
            Damage::Cut(index) => der.truncate(index.index(length)),
        }
    }
    der
}

/// What was signed: the first element inside the outer SEQUENCE.
fn signed_part(der: &[u8]) -> &[u8] {
    let (outer, _) = lengths(der);
    let (inner, contents) = lengths(&der[outer..]);
    &der[outer..outer + inner + contents]
}

/// How long the header of a DER value is, and how long its contents.
fn lengths(der: &[u8]) -> (usize, usize) {
    match der[1] {
        0x81 => (3, usize::from(der[2])),
        0x82 => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
        short => (2, usize::from(short)),
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

#[test]
fn a_request_whose_signed_part_was_changed_is_never_taken() {
    let original = request("host", &["host", "10.0.0.1", "u@example.com", "urn:x"]);
    proptest!(config(20_000), |(damages in prop::collection::vec(damage(), 1..3))| {
        let der = damaged(original.der(), &damages);
        if let Ok(taken) = CertificationRequest::from_der(&der) {
            prop_assert_eq!(signed_part(taken.der()), signed_part(original.der()));
        }
    });
}

#[test]
fn every_single_flipped_bit_of_the_signed_part_refuses_the_request() {
    let original = request("host", &["host"]);
    let der = original.der();
    for index in 0..lengths(der).0 + signed_part(der).len() {
        for bit in 0..8 {
            let mut flipped = der.to_vec();
            flipped[index] ^= 1 << bit;
            assert!(CertificationRequest::from_der(&flipped).is_err(), "octet {index}, bit {bit}");
        }
    }
}

#[test]
fn a_damaged_certificate_does_not_panic_and_never_verifies_with_another_meaning() {
    let ca = TestCa::new();
    let original = ca.issue("host");
    let issuer = ca.authority.issuer().certificate().public_key();
    proptest!(config(10_000), |(damages in prop::collection::vec(damage(), 1..4))| {
        if let Ok(read) = Certificate::from_der(&damaged(original.der(), &damages)) {
            let _ = read.provisioner_extension();
            if read.verify_signature(issuer).is_ok() {
                prop_assert_eq!(signed_part(read.der()), signed_part(original.der()));
            }
        }
    });
}

#[test]
fn octets_and_text_of_any_kind_do_not_panic() {
    proptest!(config(5_000), |(octets: Vec<u8>, text: String)| {
        let _ = CertificationRequest::from_der(&octets);
        let _ = CertificationRequest::from_pem(&text);
        let _ = Certificate::from_der(&octets);
        let _ = Certificate::chain_from_pem(&format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----"));
    });
}
