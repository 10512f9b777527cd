//! Certificates that a signer elsewhere was asked for.

use super::{files::Warnings, *};
use crate::{signing::report_unclaimed, store::Intent};

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
fn the_operator_is_told_of_what_nothing_has_claimed() {
    let warnings = Warnings::about("claimed.example".to_owned());
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        for (n, name) in [(1, "unclaimed.example"), (2, "claimed.example")] {
            assert!(store.intend(Intent { names: vec![name.to_owned()], ..intent(n) }).await.unwrap());
        }
        store.record(issuance(2, 2).signed_elsewhere(true)).await.unwrap();
        report_unclaimed(&store).await.unwrap();
    });
    let [warning] = &warnings.all()[..] else { panic!("{:?}", warnings.all()) };
    assert!(warning.contains("unclaimed.example") && warning.contains("is not on record"), "{warning}");
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

#[test]
fn so_much_may_be_lost_at_the_signer_and_no_more() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let most = limits::INTENTS.unsigned_abs();
        for n in 0..most {
            assert!(store.intend(intent(n)).await.unwrap());
        }
        assert!(matches!(store.intend(intent(most)).await, Err(StoreError::TooManyIntents)));
        // Others are none the worse for it.
        store.record(issuance(1, most)).await.unwrap();
        store.withdraw(serial(1));
        assert!(store.intend(intent(most + 1)).await.unwrap());
    });
}

#[test]
fn what_an_operator_settles_is_gone_and_on_record() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.intend(intent(1)).await.unwrap();
        let settled = || Entry { serial_number: Some(serial(1)), ..entry(Came::Accepted) };
        assert!(store.settle(serial(1), settled()).await.unwrap());
        let lines = store.head().sequence;
        assert!(!store.settle(serial(1), settled()).await.unwrap());
        assert_eq!((store.head().sequence, store.unclaimed().await.unwrap()), (lines, Vec::new()));
        store.check().await.unwrap();
    });
}
