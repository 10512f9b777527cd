//! Revoked is revoked: in the store, for renewals, and in every list.

use std::collections::HashMap;

use authority::{RevocationReason, RevokedCertificate};

use super::*;

const COMPROMISED: Digest = Digest::from_bytes([8; 32]);

fn revocation_of(serial: SerialNumber, spend: Option<SingleUse>, at: Timestamp, not_after: Timestamp) -> Revocation {
    let record = RevocationRecord {
        serial_number: serial,
        revoked_at: at,
        reason: RevocationReason::KeyCompromise,
        reason_text: "lost laptop".to_owned(),
        provisioner: "ci".to_owned(),
        revoked_by: "alice".to_owned(),
        not_after,
        compromised_key: Some(COMPROMISED),
    };
    Revocation::new(spend, record, Entry { operation: Asked::Revoke, ..entry(Came::Revoked) })
}

fn revocation(n: u64) -> Revocation {
    revocation_of(serial(n), Some(token(1_000 + n)), NOW, after(86_400))
}

#[test]
fn a_revocation_is_found_with_all_that_is_known_also_after_a_restart() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.record(issuance(1, 1)).await.unwrap();
        assert_eq!(store.revocation(serial(1)).await.unwrap(), None);
        store.revoke(revocation(1)).await.unwrap();
        assert_eq!(store.revoked(), 1);
        drop(store);
        let store = open_at(&path);
        assert_eq!(store.revocation(serial(1)).await.unwrap().as_ref(), Some(revocation(1).record()));
        assert_eq!(store.revocation(serial(2)).await.unwrap(), None);
        let report = store.check().await.unwrap();
        assert_eq!((store.revoked(), report.certificates, report.revoked, report.spent), (1, 1, 1, 2));
    });
}

#[test]
fn a_certificate_is_revoked_once_and_a_token_revokes_once() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.revoke(revocation(1)).await.unwrap();
        assert!(matches!(store.revoke(revocation(1)).await, Err(StoreError::TokenSpent)));
        let again = revocation_of(serial(1), Some(token(5)), NOW, NOW);
        assert!(matches!(store.revoke(again).await, Err(StoreError::AlreadyRevoked)));
        assert!(!store.is_spent(token(5).id).await.unwrap(), "what changed nothing spends nothing");
        // The sums in memory are those on the disk.
        store.revoke(revocation_of(serial(2), Some(token(5)), NOW, NOW)).await.unwrap();
        let report = store.check().await.unwrap();
        assert_eq!((report.revoked, report.spent, report.head.sequence), (2, 2, 2));
    });
}

/// Revoked because it was replaced.
fn superseded(n: u64) -> Revocation {
    let record = revocation(n).record().clone();
    let record = RevocationRecord { reason: RevocationReason::Superseded, compromised_key: None, ..record };
    Revocation::new(Some(token(2_000 + n)), record, Entry { operation: Asked::Revoke, ..entry(Came::Revoked) })
}

#[test]
fn a_key_may_be_found_to_be_compromised_after_its_certificate_was_revoked() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.record(issuance(1, 1)).await.unwrap();
        store.revoke(superseded(1)).await.unwrap();
        let found = revocation_of(serial(1), Some(token(5)), after(60), after(86_400));
        store.revoke(found.clone()).await.unwrap();
        assert_eq!(store.revoked(), 2, "whoever keeps answers makes them anew");
        // Since the first day, for the later reason.
        let expected = RevocationRecord { revoked_at: NOW, ..found.record().clone() };
        for again in [superseded(1), revocation_of(serial(1), Some(token(6)), after(90), after(86_400))] {
            assert!(matches!(store.revoke(again).await, Err(StoreError::AlreadyRevoked | StoreError::TokenSpent)));
        }
        drop(store);
        let store = open_at(&path);
        assert_eq!(store.revocation(serial(1)).await.unwrap(), Some(expected.clone()));
        assert_eq!(store.next_list(after(120)).await.unwrap().revoked, [RevokedCertificate::from(expected)]);
        let same = Issuance::new(Some(token(7)), certificate(2), COMPROMISED, entry(Came::Issued));
        assert!(matches!(store.record(same).await, Err(StoreError::KeyCompromised)));
        let report = store.check().await.unwrap();
        assert_eq!((report.revoked, report.head.sequence), (1, 3));
    });
}

#[test]
fn of_64_who_find_a_key_compromised_one_is_on_record() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = Arc::new(open_at(&path));
        store.revoke(superseded(1)).await.unwrap();
        let tasks = (0..64).map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.revoke(revocation_of(serial(1), Some(token(n)), NOW, NOW)).await })
        });
        let mut revoked = 0;
        for task in tasks.collect::<Vec<_>>() {
            revoked += u64::from(task.await.unwrap().is_ok());
        }
        assert_eq!((revoked, store.check().await.unwrap().spent), (1, 2));
    });
}

#[test]
fn damage_to_what_was_found_out_later_is_found_before_anything_is_issued() {
    for damage in [
        "DELETE FROM compromises",
        "DELETE FROM revocations",
        "UPDATE compromises SET compromised_key = zeroblob(32)",
        "UPDATE compromises SET reason_code = 4",
        "UPDATE compromises SET serial_number = randomblob(20)",
    ] {
        let (_folder, path) = folder();
        runtime().block_on(async {
            let store = open_at(&path);
            store.revoke(superseded(1)).await.unwrap();
            store.revoke(revocation(1)).await.unwrap();
        });
        let path = path.canonicalize().unwrap();
        connection::writer(&path).unwrap().execute_batch(damage).unwrap();
        let error = open_when_free(&path, NOW).err();
        assert!(matches!(error, Some(OpenError::Damaged { .. })), "{damage}: {error:?}");
    }
}

#[test]
fn of_64_revocations_of_one_certificate_one_wins() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = Arc::new(open_at(&path));
        let tasks = (0..64).map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.revoke(revocation_of(serial(1), Some(token(n)), NOW, NOW)).await })
        });
        let mut revoked = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                Ok(_) => revoked += 1,
                Err(StoreError::AlreadyRevoked) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!((revoked, store.check().await.unwrap().spent), (1, 1));
    });
}

#[test]
fn what_is_revoked_is_never_replaced() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.record(issuance(1, 1)).await.unwrap();
        let renewed = |n| {
            let record = CertificateRecord { previous: Some(serial(1)), operation: Asked::Renew, ..certificate(n) };
            Issuance::new(None, record, KEY, entry(Came::Issued))
        };
        store.record(renewed(2)).await.unwrap();
        store.revoke(revocation(1)).await.unwrap();
        assert!(matches!(store.record(renewed(3)).await, Err(StoreError::PreviousRevoked)));
        assert_eq!(store.certificate(serial(3)).await.unwrap(), None);
        assert_eq!(store.check().await.unwrap().certificates, 2);
    });
}

#[test]
fn a_compromised_key_is_never_certified_again() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let certified = |n, key| Issuance::new(Some(token(n)), certificate(n), key, entry(Came::Issued));
        let store = open_at(&path);
        store.record(certified(1, COMPROMISED)).await.unwrap();
        store.record(certified(2, COMPROMISED)).await.unwrap();
        store.revoke(revocation(1)).await.unwrap();
        drop(store);
        let store = open_at(&path);
        let again = store.record(certified(3, COMPROMISED)).await;
        assert!(matches!(again, Err(StoreError::KeyCompromised)), "{again:?}");
        assert!(!store.is_spent(token(3).id).await.unwrap(), "the token is good for another key");
        store.record(certified(3, KEY)).await.unwrap();
        // The other certificate with this key is not revoked, and is not replaced by one with the same key.
        let record = CertificateRecord { previous: Some(serial(2)), operation: Asked::Renew, ..certificate(4) };
        let renewed = |key| Issuance::new(None, record.clone(), key, entry(Came::Issued));
        assert!(matches!(store.record(renewed(COMPROMISED)).await, Err(StoreError::KeyCompromised)));
        store.record(renewed(KEY)).await.unwrap();
        store.check().await.unwrap();
    });
}

#[test]
fn a_key_that_was_only_replaced_is_good_for_another_certificate() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let record = RevocationRecord {
            reason: RevocationReason::Superseded,
            compromised_key: None,
            ..revocation(1).record().clone()
        };
        let entry_of = |came| Entry { operation: Asked::Revoke, ..entry(came) };
        store.revoke(Revocation::new(None, record, entry_of(Came::Revoked))).await.unwrap();
        let same = Issuance::new(Some(token(2)), certificate(2), COMPROMISED, entry(Came::Issued));
        store.record(same).await.unwrap();
    });
}

#[test]
fn a_list_is_numbered_by_the_second_or_above_the_last() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let seconds = NOW.as_unix().unsigned_abs();
        let number = async |now| store.next_list(now).await.unwrap().number;
        assert_eq!(number(NOW).await, seconds);
        assert!(store.record_list(seconds, NOW).await.unwrap());
        assert!(!store.record_list(seconds, NOW).await.unwrap(), "no number is used twice");
        assert_eq!(number(NOW).await, seconds + 1);
        assert_eq!(number(after(-9_000)).await, seconds + 1, "a clock that is set back changes nothing");
        assert_eq!(number(after(60)).await, seconds + 60);
    });
}

#[test]
fn what_was_revoked_by_a_clock_that_was_set_back_is_in_the_next_list() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let list = store.next_list(after(200_000)).await.unwrap();
        assert!(store.record_list(list.number, after(200_000)).await.unwrap());
        store.revoke(revocation_of(serial(1), None, after(100_000), NOW)).await.unwrap();
        let list = store.next_list(after(200_000)).await.unwrap();
        assert_eq!(list.revoked.len(), 1);
        assert!(store.record_list(list.number, after(200_000)).await.unwrap());
        assert_eq!(store.next_list(after(200_001)).await.unwrap().revoked, [], "that list was made after its end");
    });
}

#[test]
fn damage_to_revocations_is_found_before_anything_is_issued() {
    for sql in [
        "DELETE FROM revocations WHERE reason_code = 1",
        "UPDATE revocations SET reason_code = 0",
        "UPDATE revocations SET compromised_key = NULL",
        "UPDATE revocations SET compromised_key = zeroblob(32)",
        "UPDATE revocations SET serial_number = zeroblob(20)",
        "UPDATE revocation_state SET list_number = list_number - 1",
        "UPDATE revocation_state SET revoked = 0",
        "DELETE FROM revocation_state",
    ] {
        let (_folder, path) = folder();
        runtime().block_on(async { open_at(&path).revoke(revocation(1)).await.unwrap() });
        let path = path.canonicalize().unwrap();
        connection::writer(&path).unwrap().execute_batch(sql).unwrap();
        let error = open_when_free(&path, NOW).err();
        assert!(matches!(error, Some(OpenError::Damaged { .. })), "{sql}: {error:?}");
    }
}

#[test]
fn a_store_from_before_there_were_revocations_is_brought_up_to_date() {
    let (_folder, path) = folder();
    runtime().block_on(async { open_at(&path).record(issuance(1, 1)).await.unwrap() });
    // What later steps have made.
    let later = [
        "revocations",
        "revocation_state",
        "set_back",
        "compromises",
        "configurations",
        "decisions",
        "intents",
        "recalls",
        "modules",
        "module_uses",
        "consumed",
        "consumed_counts",
    ];
    let older = later.map(|table| format!("DROP TABLE {table};")).concat() + "PRAGMA user_version = 1";
    connection::writer(&path.canonicalize().unwrap()).unwrap().execute_batch(&older).unwrap();
    runtime().block_on(async {
        let store = open_at(&path);
        store.revoke(revocation(1)).await.unwrap();
        let report = store.check().await.unwrap();
        assert_eq!((report.certificates, report.revoked), (1, 1));
    });
}

/// What may happen, in any order. Times are hours.
#[derive(Clone, Debug)]
enum Step {
    Revoke { n: u64, life: i64 },
    Move { hours: i64 },
    List,
    Prune,
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..20_u64, 0..100_i64).prop_map(|(n, life)| Step::Revoke { n, life }),
        3 => (-60..90_i64).prop_map(|hours| Step::Move { hours }),
        4 => Just(Step::List),
        1 => Just(Step::Prune),
        1 => Just(Step::Restart),
    ]
}

/// A certificate that is revoked, and whether a list showed it after its end.
struct Known {
    revoked_at: Timestamp,
    not_after: Timestamp,
    is_shown_at_its_end: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn nothing_revoked_is_lost_and_numbers_grow(steps in prop::collection::vec(any_step(), 1..60)) {
        let (_folder, path) = folder();
        runtime().block_on(async {
            let mut store = open_at(&path);
            let mut known: HashMap<SerialNumber, Known> = HashMap::new();
            let (mut now, mut last) = (NOW, 0);
            for step in steps {
                match step {
                    Step::Revoke { n, life } => {
                        let (revoked_at, not_after) = (now, after(life * 3_600));
                        let is_new = !known.contains_key(&serial(n));
                        let result = store.revoke(revocation_of(serial(n), None, revoked_at, not_after)).await;
                        match result {
                            Ok(_) => assert!(is_new),
                            Err(StoreError::AlreadyRevoked) => assert!(!is_new),
                            Err(error) => panic!("{error}"),
                        }
                        known.entry(serial(n)).or_insert(Known { revoked_at, not_after, is_shown_at_its_end: false });
                    }
                    Step::Move { hours } => now = Timestamp::from_unix(now.as_unix() + hours * 3_600),
                    Step::List => {
                        let list = store.next_list(now).await.unwrap();
                        assert!(list.number > last, "numbers grow");
                        last = list.number;
                        assert!(store.record_list(list.number, now).await.unwrap());
                        for (serial, known) in &mut known {
                            let is_shown = list.revoked.iter().any(|RevokedCertificate { serial_number, .. }| serial_number == serial);
                            let is_over = known.not_after.max(known.revoked_at) < now;
                            assert!(is_shown || (is_over && known.is_shown_at_its_end), "lost");
                            known.is_shown_at_its_end |= is_shown && is_over;
                        }
                    }
                    Step::Prune => drop(store.prune(now).await.unwrap()),
                    Step::Restart => {
                        drop(store);
                        store = open_at(&path);
                    }
                }
            }
            for serial in known.keys() {
                assert!(store.revocation(*serial).await.unwrap().is_some());
            }
            assert_eq!(store.check().await.unwrap().revoked, known.len() as u64);
        });
    }
}
