//! The promises of the store, kept or not.

mod audit_file;
mod consumed;
mod damage;
mod faults;
mod files;
mod intents;
mod kept;
mod lists;
mod recalls;
mod revocations;
mod upkeep;

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Duration};

use authority::{SerialNumber, Timestamp, Validity};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{
    audit::{Module, Operation as Asked, Outcome as Came},
    store::{Condition, SingleUse},
};

/// SHA-256 of the key of every certificate, where it makes no difference.
const KEY: Digest = Digest::from_bytes([7; 32]);
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// A folder that is gone afterwards, and the path of a store in it.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db").join("ca.sqlite");
    (folder, path)
}

/// Where the end of its audit log is kept.
fn head_of(path: &Path) -> PathBuf {
    let seen = path.parent().unwrap().with_file_name("db-seen");
    seen.join("ca.sqlite.head")
}

/// Opens a store that this process alone uses. A process that another test has just started holds our lock, too, until
/// it has become another program.
fn open_when_free(path: &Path, now: Timestamp) -> Result<Embedded, OpenError> {
    for _ in 0..1_000 {
        match Embedded::open(path, None, now) {
            Err(OpenError::InUse { .. }) => std::thread::sleep(Duration::from_millis(1)),
            opened => return opened,
        }
    }
    Embedded::open(path, None, now)
}

fn open_at(path: &Path) -> Embedded {
    open_when_free(path, NOW).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn serial(n: u64) -> SerialNumber {
    SerialNumber::from_bytes(&n.to_be_bytes()).unwrap()
}

fn token(n: u64) -> SingleUse {
    SingleUse { id: Digest::of_credential("ci", &n.to_string()), expires: after(300) }
}

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW.as_unix() + seconds)
}

fn entry(outcome: Came) -> Entry {
    let id = "decision".to_owned();
    Entry { provisioner: Some("ci".to_owned()), ..Entry::new(id, NOW, "request".to_owned(), Asked::Sign, outcome) }
}

fn certificate(n: u64) -> CertificateRecord {
    CertificateRecord {
        serial_number: serial(n),
        der: format!("certificate {n} ").repeat(20).into_bytes(),
        provisioner: "ci".to_owned(),
        credential_id: "kid".to_owned(),
        subject: format!("host{n}.example"),
        names: vec![format!("host{n}.example")],
        validity: Validity { not_before: NOW, not_after: after(86_400) },
        operation: Asked::Sign,
        previous: None,
        first_issued: NOW,
        renewals: 0,
        policies: vec![Module { name: "builtin:jwk".to_owned(), sha256: Digest::of(&[b"wasm"]) }],
    }
}

fn issuance(spend: u64, serial: u64) -> Issuance {
    Issuance::new(Some(token(spend)), certificate(serial), KEY, entry(Came::Issued))
}

/// Records all of them at once and counts what came of it: certificates, spent tokens.
async fn record_all(store: &Arc<Embedded>, issuances: impl IntoIterator<Item = Issuance>) -> (usize, usize) {
    let (mut recorded, mut spent) = (0, 0);
    let tasks = issuances.into_iter().map(|issuance| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.record(issuance).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap() {
            Ok(_) => recorded += 1,
            Err(StoreError::TokenSpent) => spent += 1,
            Err(error) => panic!("{error}"),
        }
    }
    (recorded, spent)
}

#[test]
fn of_64_requests_with_one_token_one_wins() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = Arc::new(open_at(&path));
        let outcome = record_all(&store, (0..64).map(|n| issuance(1, n))).await;
        assert_eq!(outcome, (1, 63));
        assert!(store.is_spent(token(1).id).await.unwrap());
        assert_eq!(store.check().await.unwrap().certificates, 1);
    });
}

#[test]
fn of_many_tokens_used_many_times_each_wins_once() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = Arc::new(open_at(&path));
        let uses = (0..8).flat_map(|round| (0..200).map(move |token| issuance(token, round * 1_000 + token)));
        assert_eq!(record_all(&store, uses).await, (200, 1_400));
        let report = store.check().await.unwrap();
        assert_eq!((report.certificates, report.spent, report.head), (200, 200, store.head()));
    });
}

#[test]
fn a_token_that_was_spent_is_spent_after_a_restart() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        open_at(&path).record(issuance(1, 1)).await.unwrap();
        let store = open_at(&path);
        assert!(matches!(store.record(issuance(1, 2)).await, Err(StoreError::TokenSpent)));
        assert_eq!(store.certificate(serial(2)).await.unwrap(), None);
        assert_eq!(store.certificate(serial(1)).await.unwrap(), Some(certificate(1)));
        assert_eq!(store.origin().set_back, None);
    });
}

#[test]
fn a_taken_serial_number_leaves_the_token_unspent() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.record(issuance(1, 7)).await.unwrap();
        assert!(matches!(store.record(issuance(2, 7)).await, Err(StoreError::SerialTaken)));
        assert!(!store.is_spent(token(2).id).await.unwrap());
        store.record(issuance(2, 8)).await.unwrap();
        assert_eq!(store.check().await.unwrap().certificates, 2);
    });
}

#[test]
fn one_token_id_at_two_provisioners_is_two_tokens() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        for (n, provisioner) in [(1, "a"), (2, "b")] {
            let spend = SingleUse { id: Digest::of_credential(provisioner, "jti"), expires: after(300) };
            let issuance = Issuance::new(Some(spend), certificate(n), KEY, entry(Came::Issued));
            store.record(issuance).await.unwrap();
        }
    });
}

#[test]
fn a_certificate_is_found_by_its_serial_number_with_all_that_is_known() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let renewed = CertificateRecord {
            operation: Asked::Renew,
            previous: Some(serial(1)),
            renewals: 3,
            first_issued: after(-1_000),
            names: vec!["a.example".into(), "10.0.0.1".into()],
            ..certificate(2)
        };
        store.record(Issuance::new(None, renewed.clone(), KEY, entry(Came::Issued))).await.unwrap();
        assert_eq!(store.certificate(serial(2)).await.unwrap(), Some(renewed));
        assert_eq!(store.certificate(serial(1)).await.unwrap(), None);
    });
}

#[test]
fn the_audit_log_names_certificate_and_credential() {
    let (_folder, path) = folder();
    let recorded = runtime().block_on(async { open_at(&path).record(issuance(1, 1)).await.unwrap() });
    let connection = connection::reader(&path.canonicalize().unwrap()).unwrap();
    let line: String = connection
        .query_row("SELECT line FROM audit WHERE sequence = ?1", [recorded.sequence.cast_signed()], |row| row.get(0))
        .unwrap();
    let (sequence, entry) = Entry::parse(&line).unwrap();
    assert_eq!(sequence, recorded.sequence);
    assert_eq!(entry.outcome, Came::Issued);
    assert_eq!(entry.serial_number, Some(serial(1)));
    assert_eq!(entry.fingerprint, Some(certificate(1).fingerprint()));
    assert_eq!(entry.credential, Some(token(1).id));
    assert_eq!(entry.names, ["host1.example"]);
}

#[test]
fn refusals_are_in_the_audit_log_when_the_store_is_closed() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        for _ in 0..3 {
            store.record_refusal(entry(Came::Refused), None);
        }
        store.record(issuance(1, 1)).await.unwrap();
        store.record_refusal(entry(Came::Fault), None);
        drop(store);
        let report = open_at(&path).check().await.unwrap();
        assert_eq!((report.head.sequence, report.certificates), (5, 1));
    });
}

#[test]
fn a_flood_of_refusals_is_counted() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let flood = 3 * limits::REFUSAL_QUEUE as u64;
        let store = open_at(&path);
        for _ in 0..flood {
            store.record_refusal(entry(Came::Refused), None);
        }
        drop(store);
        open_at(&path).check().await.unwrap();
        let connection = connection::reader(&path.canonicalize().unwrap()).unwrap();
        let mut statement = connection.prepare("SELECT line FROM audit").unwrap();
        let lines = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let told: u64 =
            lines.map(|line| 1 + Entry::parse(&line.unwrap()).unwrap().1.unlisted.unwrap_or_default()).sum();
        assert_eq!(told, flood);
    });
}

#[test]
fn what_is_consumed_once_is_not_consumed_twice() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let consumption = || Consumption { once: token(1), space: "corp".to_owned(), most: 1, now: NOW };
        assert!(store.consume(consumption()).await.unwrap());
        assert!(!store.consume(consumption()).await.unwrap());
        drop(store);
        assert!(!open_at(&path).consume(consumption()).await.unwrap());
    });
}

#[test]
fn data_changes_only_under_its_condition() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let change = |when: Condition, value: Option<&[u8]>| {
            let (provisioner, key) = ("ci".to_owned(), "k".to_owned());
            store.change_data(DataChange { provisioner, key, when, value: value.map(<[u8]>::to_vec) })
        };
        let is = |value: Option<&[u8]>| Condition::Is(value.map(<[u8]>::to_vec));
        assert!(!change(is(Some(b"a")), Some(b"b")).await.unwrap());
        assert!(change(is(None), Some(b"a")).await.unwrap());
        assert!(!change(is(None), Some(b"b")).await.unwrap());
        assert!(change(is(Some(b"a")), Some(b"bb")).await.unwrap());
        assert_eq!(store.data("ci".into(), "k".into()).await.unwrap().as_deref(), Some(&b"bb"[..]));
        assert_eq!(store.data("other".into(), "k".into()).await.unwrap(), None);
        assert_eq!(store.data_size("ci".into()).await.unwrap(), 3);
        assert!(change(Condition::Always, None).await.unwrap());
        assert_eq!(store.data_size("ci".into()).await.unwrap(), 0);
        let octets = limits::STORE_PARAMETER;
        assert!(change(Condition::Always, Some(&vec![0; octets - 1])).await.unwrap());
        let too_large = change(Condition::Always, Some(&vec![0; octets])).await;
        assert!(matches!(too_large, Err(StoreError::TooLarge { .. })));
        store.check().await.unwrap();
    });
}

#[test]
fn a_forgotten_token_is_refused_whatever_the_clock_says() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        store.record(issuance(1, 1)).await.unwrap();
        assert_eq!(store.prune(after(300)).await.unwrap(), 0, "it is refused for its age only afterwards");
        assert_eq!(store.prune(after(301)).await.unwrap(), 1);
        assert!(!store.is_spent(token(1).id).await.unwrap());
        drop(store);
        let store = open_at(&path);
        assert!(matches!(store.record(issuance(1, 2)).await, Err(StoreError::TokenForgotten { .. })));
        let younger = SingleUse { expires: after(301), ..token(2) };
        store.record(Issuance::new(Some(younger), certificate(3), KEY, entry(Came::Issued))).await.unwrap();
        assert_eq!(store.check().await.unwrap().spent, 1);
    });
}

#[test]
fn the_newest_record_is_told() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        assert_eq!(store.newest(), NOW);
        let late = Entry { time: after(60), ..entry(Came::Issued) };
        store.record(Issuance::new(None, certificate(1), KEY, late)).await.unwrap();
        store.record(issuance(2, 2)).await.unwrap();
        assert_eq!(store.newest(), after(60));
    });
}

/// What may happen to tokens, in any order.
#[derive(Clone, Debug)]
enum Step {
    Use { token: u64, life: i64 },
    Prune { at: i64 },
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..12_u64, 1..50_i64).prop_map(|(token, life)| Step::Use { token, life }),
        2 => (-10..80_i64).prop_map(|at| Step::Prune { at }),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pruning_and_restarts_never_let_a_token_win_twice(steps in prop::collection::vec(any_step(), 1..40)) {
        let (_folder, path) = folder();
        runtime().block_on(async {
            let mut store = open_at(&path);
            let mut used = HashSet::new();
            for (n, step) in (0..).zip(steps) {
                match step {
                    Step::Use { token: id, life } => {
                        // A token's life is part of the token.
                        let spend = SingleUse { id: token(id * 100 + life as u64).id, expires: after(life) };
                        let result = store.record(Issuance::new(Some(spend), certificate(n), KEY, entry(Came::Issued))).await;
                        match result {
                            Ok(_) => assert!(used.insert(spend.id), "a token won twice"),
                            Err(StoreError::TokenSpent) => assert!(used.contains(&spend.id)),
                            Err(StoreError::TokenForgotten { watermark }) => assert!(spend.expires <= watermark),
                            Err(error) => panic!("{error}"),
                        }
                    }
                    Step::Prune { at } => drop(store.prune(after(at)).await.unwrap()),
                    Step::Restart => {
                        drop(store);
                        store = open_at(&path);
                    }
                }
            }
            assert_eq!(store.check().await.unwrap().certificates, used.len() as u64);
        });
    }
}
