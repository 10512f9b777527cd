//! What policies consume: so much at once.

use super::*;
use crate::store::Damage;

const MOST: u64 = 3;

fn consumption(n: u64, space: &str, expires: i64, now: i64) -> Consumption {
    let id = Digest::of_credential(space, &n.to_string());
    Consumption {
        once: SingleUse { id, expires: after(expires) },
        space: space.to_owned(),
        most: MOST,
        now: after(now),
    }
}

fn is_full(result: &Result<bool, StoreError>) -> bool {
    matches!(result, Err(StoreError::TooManyConsumed { most: MOST }))
}

#[test]
fn so_much_is_consumed_and_no_more() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        for n in 1..=MOST {
            assert!(store.consume(consumption(n, "corp", 300, 0)).await.unwrap(), "{n}");
        }
        let more = consumption(MOST + 1, "corp", 300, 0);
        let refused = store.consume(more.clone()).await;
        assert!(is_full(&refused));
        assert_eq!(refused.unwrap_err().to_string(), "3 keys are consumed and not expired, as many as there may be");
        assert!(!store.is_spent(more.once.id).await.unwrap(), "what is refused is not used up");
        assert!(!store.consume(consumption(1, "corp", 300, 0)).await.unwrap(), "what was used is known all the same");
        assert!(store.consume(consumption(1, "other", 300, 0)).await.unwrap());
        store.check().await.unwrap();
        drop(store);
        assert!(is_full(&open_at(&path).consume(more).await), "after a restart as before");
    });
}

#[test]
fn what_has_expired_makes_room() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        for (n, expires) in [(1, 10), (2, 10), (3, 300)] {
            assert!(store.consume(consumption(n, "corp", expires, 0)).await.unwrap());
        }
        assert!(is_full(&store.consume(consumption(4, "corp", 300, 10)).await));
        assert!(store.consume(consumption(4, "corp", 300, 11)).await.unwrap());
        assert!(store.consume(consumption(5, "corp", 300, 11)).await.unwrap());
        assert!(is_full(&store.consume(consumption(6, "corp", 300, 11)).await));
        store.check().await.unwrap();
    });
}

#[test]
fn nothing_stays_of_what_nobody_consumes_any_more() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        assert!(store.consume(consumption(1, "corp", 10, 0)).await.unwrap());
        store.prune(after(11)).await.unwrap();
        store.check().await.unwrap();
        drop(store);
        let rows = "SELECT (SELECT count(*) FROM consumed) + (SELECT sum(keys) FROM consumed_counts)";
        let left: i64 = Connection::open(&path).unwrap().query_row(rows, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    });
}

#[test]
fn numbers_that_are_not_those_of_the_rows_are_found() {
    for sql in ["UPDATE consumed_counts SET keys = 0", "DELETE FROM consumed", "DELETE FROM consumed_counts"] {
        let (_folder, path) = folder();
        runtime().block_on(async {
            let store = open_at(&path);
            assert!(store.consume(consumption(1, "corp", 10, 0)).await.unwrap());
            drop(store);
            Connection::open(&path).unwrap().execute_batch(sql).unwrap();
            let found = open_at(&path).check().await.unwrap_err();
            assert!(matches!(found, StoreError::Damaged(Damage::Consumed)), "{sql}");
        });
    }
}
