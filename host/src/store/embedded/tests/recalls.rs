//! Modules that are recalled: what is not renewed for it, and that it stays so.

use super::*;
use crate::store::{RecallRecord, error::Damage};

fn module(name: &str) -> Digest {
    Digest::of(&[name.as_bytes()])
}

fn recall(name: &str, is_barred: bool) -> Recall {
    let (reason, recalled_by) = ("no".to_owned(), "ops".to_owned());
    let record = RecallRecord { module: module(name), is_barred, time: NOW, reason, recalled_by };
    Recall::new(record, entry(Came::Refused))
}

/// Certificate `n`, decided by a module, which replaces another.
fn decided_by(name: &str, n: u64, previous: Option<u64>) -> Issuance {
    let policies = vec![Module { name: "m".to_owned(), sha256: module(name) }];
    let certificate = CertificateRecord { policies, previous: previous.map(serial), ..certificate(n) };
    Issuance::new(Some(token(n)), certificate, KEY, entry(Came::Issued))
}

/// Three generations by three modules.
async fn three_generations(store: &Embedded) {
    for (name, n, previous) in [("a", 1, None), ("b", 2, Some(1)), ("c", 3, Some(2))] {
        store.record(decided_by(name, n, previous)).await.unwrap();
    }
}

async fn barred(store: &Embedded) -> Vec<bool> {
    let mut barred = Vec::new();
    for n in 1..=3 {
        barred.push(store.bar(serial(n)).await.unwrap().is_some());
    }
    barred
}

#[test]
fn a_recall_bars_what_the_module_decided_and_what_came_of_it_and_nothing_else() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        three_generations(&store).await;
        assert_eq!(barred(&store).await, [false; 3]);
        assert!(store.recall(recall("b", true)).await.unwrap());
        assert_eq!(barred(&store).await, [false, true, true]);
        assert!(store.recall(recall("nobody's", true)).await.unwrap());
        assert_eq!(barred(&store).await, [false, true, true]);
        assert!(store.bar(serial(99)).await.unwrap().is_none(), "what is not on record goes back to nothing");
    });
}

#[test]
fn a_renewal_that_is_under_way_when_its_module_is_recalled_is_not_recorded() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        three_generations(&store).await;
        store.recall(recall("a", true)).await.unwrap();
        let renewed = store.record(decided_by("c", 4, Some(3))).await;
        assert!(
            matches!(renewed, Err(StoreError::PreviousRecalled { module: by }) if by == module("a")),
            "{renewed:?}"
        );
        assert!(!store.is_spent(token(4).id).await.unwrap());
        store.record(decided_by("a", 5, None)).await.unwrap();
    });
}

#[test]
fn a_certificate_is_followed_back_so_far_and_no_further() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let numbers: Vec<u64> = (1..=limits::DESCENT + 1).collect();
        for some in numbers.chunks(limits::STORE_BATCH) {
            let renewals = some.iter().map(|&n| decided_by("c", n, (n > 1).then(|| n - 1)));
            // Those that wait at once share a flush.
            let answers: Vec<_> = renewals.map(|renewal| store.record(renewal)).collect();
            for answer in answers {
                answer.await.unwrap();
            }
        }
        let renewed = |number, previous| store.record(decided_by("c", number, Some(previous)));
        renewed(20_000, limits::DESCENT + 1).await.unwrap();
        store.recall(recall("other", true)).await.unwrap();
        assert!(store.bar(serial(limits::DESCENT)).await.unwrap().is_none());
        renewed(20_001, limits::DESCENT).await.unwrap();
        let too_far = store.bar(serial(limits::DESCENT + 1)).await;
        assert!(matches!(too_far, Err(StoreError::TooManyRenewals)), "{too_far:?}");
        // Alone in the end, and none the worse for the others of its flush.
        let (refused, issued) = (renewed(20_002, limits::DESCENT + 1), store.record(decided_by("c", 20_003, None)));
        assert!(matches!(refused.await, Err(StoreError::TooManyRenewals)));
        issued.await.unwrap();
        // What the latest look finds does not depend on how far back the first is.
        store.recall(recall("c", true)).await.unwrap();
        assert!(store.bar(serial(limits::DESCENT + 1)).await.unwrap().is_some());
    });
}

#[test]
fn recalling_twice_is_recalling_once_and_a_lift_ends_it() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        three_generations(&store).await;
        assert!(!store.recall(recall("a", false)).await.unwrap(), "there is nothing to lift");
        assert!(store.recall(recall("a", true)).await.unwrap());
        let lines = store.head().sequence;
        assert!(!store.recall(recall("a", true)).await.unwrap());
        assert_eq!(store.head().sequence, lines);
        assert!(store.recalled(module("a")).await.unwrap().unwrap().is_barred);
        assert!(store.recall(recall("a", false)).await.unwrap());
        assert_eq!(barred(&store).await, [false; 3]);
        assert!(store.recall(recall("a", true)).await.unwrap());
        drop(store);
        let store = open_at(&path);
        assert_eq!(barred(&store).await, [true; 3]);
        store.check().await.unwrap();
    });
}

#[test]
fn there_are_so_many_recalls_and_no_more() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        for n in 0..limits::RECALLS {
            assert!(store.recall(recall(&n.to_string(), true)).await.unwrap());
        }
        assert!(matches!(store.recall(recall("more", true)).await, Err(StoreError::TooManyRecalls)));
        store.record(issuance(1, 1)).await.unwrap();
        assert!(store.recalled(module("more")).await.unwrap().is_none());
        for n in 0..limits::RECALLS {
            assert!(store.recall(recall(&n.to_string(), false)).await.unwrap(), "there is always room to end one");
        }
        assert!(matches!(store.recall(recall("0", true)).await, Err(StoreError::TooManyRecalls)));
        store.check().await.unwrap();
    });
}

#[test]
fn recalls_that_are_changed_are_found() {
    for (sql, is_found_at_start) in [
        ("UPDATE recalls SET module = zeroblob(32) WHERE number = 1", true),
        ("UPDATE recalls SET is_barred = 0 WHERE number = 1", true),
        ("DELETE FROM recalls WHERE number = 1", true),
        ("DELETE FROM recalls WHERE number = 2", false),
    ] {
        let (_folder, path) = folder();
        runtime().block_on(async {
            let store = open_at(&path);
            store.recall(recall("a", true)).await.unwrap();
            store.recall(recall("b", true)).await.unwrap();
        });
        Connection::open(&path).unwrap().execute(sql, []).unwrap();
        let opened = open_when_free(&path, NOW);
        assert_eq!(opened.is_err(), is_found_at_start, "{sql}");
        if let Ok(store) = opened {
            let checked = runtime().block_on(async { store.check().await });
            assert!(matches!(checked, Err(StoreError::Damaged(Damage::Recalls))), "{sql}");
        }
    }
}

#[test]
fn a_list_of_what_descends_from_a_module_has_all_of_it_whatever_the_length_of_its_pages() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        three_generations(&store).await;
        for n in 10..20 {
            store.record(decided_by("other", n, None)).await.unwrap();
        }
        store.record(decided_by("c", 20, Some(3))).await.unwrap();
        for limit in [1, 2, 50] {
            let (mut found, mut before) = (Vec::new(), None);
            loop {
                let query = CertificateQuery { descended_from: Some(module("b")), ..CertificateQuery::default() };
                let page = store.certificates(query, Page { before, limit }).await.unwrap();
                found.extend(page.certificates.iter().map(|dossier| dossier.certificate.serial_number));
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(found, [20, 3, 2].map(serial), "{limit} at a time");
        }
    });
}
