//! Values and things that work once, over a store in a file.

use std::{path::Path, sync::Arc};

use authority::Timestamp;
use policy_runtime::{
    ConsumeOnce as _, KeyValue as _,
    contract::effects::{ConsumeError, KvError},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{
    World,
    kv::{Budget, Values},
    namespace,
    once::Once,
};
use crate::{
    clock::Held,
    limits,
    store::{Embedded, Store},
};

const NOW: i64 = 1_800_000_000;

fn store(folder: &Path) -> Arc<dyn Store> {
    let path = folder.join("db").join("step-ca.sqlite");
    Arc::new(Embedded::open(&path, None, Timestamp::from_unix(NOW)).unwrap())
}

fn values(store: &Arc<dyn Store>, policy: &str, max_octets: u64) -> Arc<Values> {
    let space = namespace("machines", policy);
    Arc::new(Values::new(store.clone(), space, max_octets, Arc::new(Budget::default())))
}

fn once(store: &Arc<dyn Store>, provisioner: &str) -> Once {
    of_so_many(store, provisioner, limits::CONSUMED_KEYS)
}

fn of_so_many(store: &Arc<dyn Store>, provisioner: &str, max_keys: u64) -> Once {
    let clock = Arc::new(Held::at(Timestamp::from_unix(NOW)));
    Once::new(store.clone(), clock, namespace(provisioner, "corp"), max_keys)
}

fn open() -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    (folder, store)
}

#[tokio::test]
async fn a_value_is_there_after_a_restart_and_for_its_policy_alone() {
    let (folder, first) = open();
    values(&first, "corp", 100).set("k".into(), Some(b"v".to_vec())).await.unwrap();
    assert_eq!(values(&first, "other", 100).value("k".into()).await, Ok(None));
    drop(first);
    let second = store(folder.path());
    let corp = values(&second, "corp", 100);
    assert_eq!(corp.value("k".into()).await, Ok(Some(b"v".to_vec())));
    corp.set("k".into(), None).await.unwrap();
    assert_eq!(corp.value("k".into()).await, Ok(None));
}

#[tokio::test]
async fn a_quota_is_kept_to_the_octet_and_room_that_is_given_back_is_room() {
    let (_folder, store) = open();
    let corp = values(&store, "corp", 10);
    let put = |key: &str, octets: usize| corp.set(key.to_owned(), Some(vec![0; octets]));
    put("a", 4).await.unwrap();
    put("b", 4).await.unwrap();
    assert_eq!(put("c", 0).await, Err(KvError::Quota));
    assert_eq!(put("a", 5).await, Err(KvError::Quota));
    assert_eq!(corp.swap("a".into(), Some(vec![0; 4]), Some(vec![0; 5])).await, Err(KvError::Quota));
    put("a", 3).await.unwrap();
    put("c", 0).await.unwrap();
    corp.set("b".into(), None).await.unwrap();
    put("c", 5).await.unwrap();
    // Another generation of the policy finds the same room.
    assert_eq!(values(&store, "corp", 10).set("d".into(), Some(vec![])).await, Err(KvError::Quota));
}

#[tokio::test]
async fn keys_and_values_have_sizes() {
    let (_folder, store) = open();
    let corp = values(&store, "corp", 1 << 20);
    for key in [String::new(), "k".repeat(limits::EFFECT_KEY + 1)] {
        assert_eq!(corp.value(key.clone()).await, Err(KvError::TooLarge));
        assert_eq!(corp.set(key, None).await, Err(KvError::TooLarge));
    }
    for length in [limits::EFFECT_KEY - 1, limits::EFFECT_KEY] {
        assert_eq!(corp.set("k".repeat(length), None).await, Ok(()));
    }
    for length in [limits::KV_VALUE - 1, limits::KV_VALUE] {
        assert_eq!(corp.set("k".repeat(limits::EFFECT_KEY), Some(vec![0; length])).await, Ok(()));
    }
    assert_eq!(corp.set("k".into(), Some(vec![0; limits::KV_VALUE + 1])).await, Err(KvError::TooLarge));
}

#[tokio::test]
async fn of_many_that_count_at_once_each_counts() {
    let (_folder, store) = open();
    let corp = values(&store, "corp", 1 << 10);
    let mut counting = JoinSet::new();
    for _ in 0..20 {
        let corp = corp.clone();
        counting.spawn(async move {
            loop {
                let old = corp.value("count".into()).await.unwrap();
                let count = old.as_ref().map_or(0, |octets| octets[0]);
                if corp.swap("count".into(), old, Some(vec![count + 1])).await.unwrap() {
                    return;
                }
            }
        });
    }
    while let Some(done) = counting.join_next().await {
        done.unwrap();
    }
    assert_eq!(corp.value("count".into()).await, Ok(Some(vec![20])));
    // Nothing is not an empty value.
    assert_eq!(corp.swap("other".into(), Some(vec![]), Some(vec![1])).await, Ok(false));
    assert_eq!(corp.swap("other".into(), None, Some(vec![])).await, Ok(true));
    assert_eq!(corp.swap("other".into(), None, None).await, Ok(false));
}

#[tokio::test]
async fn what_is_consumed_is_so_once_for_each_provisioner() {
    let (_folder, store) = open();
    let (machines, people) = (once(&store, "machines"), once(&store, "people"));
    assert_eq!(machines.consume("code".into(), NOW + 60).await, Ok(true));
    assert_eq!(machines.consume("code".into(), NOW + 60).await, Ok(false));
    assert_eq!(machines.consume("code".into(), NOW + 90).await, Ok(false));
    assert_eq!(people.consume("code".into(), NOW + 60).await, Ok(true));
}

#[tokio::test]
async fn as_much_is_consumed_as_is_granted_and_one_more_is_not() {
    let (_folder, store) = open();
    let machines = of_so_many(&store, "machines", 3);
    for key in ["one less", "two", "as many"] {
        assert_eq!(machines.consume(key.into(), NOW + 60).await, Ok(true), "{key}");
    }
    assert_eq!(machines.consume("one more".into(), NOW + 60).await, Err(ConsumeError::Quota));
    assert_eq!(machines.consume("two".into(), NOW + 60).await, Ok(false), "it is still known what was used");
    assert_eq!(of_so_many(&store, "people", 3).consume("one more".into(), NOW + 60).await, Ok(true));
    assert_eq!(of_so_many(&store, "machines", 4).consume("one more".into(), NOW + 60).await, Ok(true));
}

#[tokio::test]
async fn as_much_is_consumed_as_the_default_and_one_more_is_not() {
    let (_folder, store) = open();
    let machines = Arc::new(once(&store, "machines"));
    let most = limits::CONSUMED_KEYS;
    // Many at once share a flush.
    let mut consuming = JoinSet::new();
    for lane in 0..100 {
        let machines = machines.clone();
        consuming.spawn(async move {
            for number in (lane..most - 1).step_by(100) {
                assert_eq!(machines.consume(number.to_string(), NOW + 60).await, Ok(true), "{number}");
            }
        });
    }
    while let Some(done) = consuming.join_next().await {
        done.unwrap();
    }
    assert_eq!(machines.consume("as many".into(), NOW + 60).await, Ok(true));
    assert_eq!(machines.consume("one more".into(), NOW + 60).await, Err(ConsumeError::Quota));
}

#[tokio::test]
async fn nothing_is_consumed_for_ever() {
    let (_folder, store) = open();
    let machines = once(&store, "machines");
    let year = 366 * 24 * 60 * 60;
    assert_eq!(machines.consume("z".into(), NOW + year - 1).await, Ok(true));
    assert_eq!(machines.consume("a".into(), NOW + year).await, Ok(true));
    for (key, expires) in [("b", NOW + year + 1), ("c", i64::MAX), ("", NOW)] {
        assert_eq!(machines.consume(key.into(), expires).await, Err(ConsumeError::Quota), "{key}");
    }
}

#[tokio::test]
async fn two_generations_of_a_policy_have_one_budget() {
    let (_folder, store) = open();
    let world = World::new(store, Arc::new(Held::at(Timestamp::from_unix(NOW))));
    assert!(Arc::ptr_eq(&world.budget("a"), &world.budget("a")));
    assert!(!Arc::ptr_eq(&world.budget("a"), &world.budget("b")));
}
