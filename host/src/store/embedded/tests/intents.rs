//! Certificates that a signer elsewhere was asked for.

use super::*;
use crate::store::Intent;

fn intent(n: u64) -> Intent {
    let names = vec![format!("host{n}.example")];
    Intent { serial_number: serial(n), names, provisioner: "ci".to_owned(), time: after(n.cast_signed()) }
}

#[test]
fn an_intent_is_durable_and_goes_with_the_record_of_its_certificate() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        for n in [2, 1] {
            assert!(store.intend(intent(n)).await.unwrap());
        }
    });
    runtime().block_on(async {
        let store = open_at(&path);
        assert_eq!(store.unclaimed().await.unwrap(), [intent(1), intent(2)]);
        store.record(issuance(1, 1).signed_elsewhere(true)).await.unwrap();
        assert_eq!(store.unclaimed().await.unwrap(), [intent(2)]);
    });
}

#[test]
fn an_intent_goes_with_the_refusal_of_its_certificate_and_when_it_is_withdrawn() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.record(issuance(1, 1)).await.unwrap();
        for n in [2, 3, 4] {
            assert!(store.intend(intent(n)).await.unwrap());
        }
        let refused = store.record(issuance(1, 2).signed_elsewhere(true)).await.unwrap_err();
        assert!(matches!(refused, StoreError::TokenSpent), "{refused}");
        store.withdraw(serial(3));
        // The writer does one thing after the other.
        assert!(store.intend(intent(5)).await.unwrap());
        assert_eq!(store.unclaimed().await.unwrap(), [intent(4), intent(5)]);
    });
}

#[test]
fn a_serial_number_is_intended_once() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        assert!(store.intend(intent(1)).await.unwrap());
        assert!(!store.intend(intent(1)).await.unwrap());
    });
}
