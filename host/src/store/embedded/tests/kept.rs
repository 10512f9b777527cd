//! What is kept for making decisions again: what they were made from, and the modules they were made with.

use super::*;
use crate::store::{ModuleRecord, Reader, error::Damage};

const CONFIGURATION: Digest = Digest::from_bytes([3; 32]);

fn module(name: &str, component: &'static [u8]) -> ModuleRecord {
    let digest = Digest::of(&[component]);
    ModuleRecord { name: name.to_owned(), digest, component: Bytes::from_static(component) }
}

fn inputs() -> Box<DecisionRecord> {
    Box::new(DecisionRecord {
        configuration: CONFIGURATION,
        token: Some("header.payload".to_owned()),
        request: Some(b"request".to_vec()),
        presented: None,
        facts: "{}".to_owned(),
    })
}

/// Records certificate `n` with what it was decided from.
async fn decide(store: &Embedded, n: u64) {
    store.record(issuance(n, n).made_from(Some(inputs()))).await.unwrap();
}

fn kept(path: &Path, module: &ModuleRecord) -> bool {
    Reader::open(path).unwrap().module(&module.digest).unwrap().is_some()
}

#[test]
fn what_a_decision_was_made_from_is_found_when_any_of_it_was_changed() {
    for change in [
        "token = 'header.changed'",
        "token = NULL",
        "request = x'00'",
        "presented = x''",
        "facts = '{ }'",
        "configuration = zeroblob(32)",
        "id = 'another'",
        "time = time + 1",
        "checksum = zeroblob(32)",
    ] {
        let (_folder, path) = folder();
        runtime().block_on(async {
            let store = open_at(&path);
            decide(&store, 1).await;
            store.check().await.unwrap();
            Connection::open(&path).unwrap().execute(&format!("UPDATE decisions SET {change}"), []).unwrap();
            let checked = store.check().await;
            let is_found = matches!(checked, Err(StoreError::Damaged(Damage::Decision { sequence: 1 })));
            assert!(is_found, "{change}: {checked:?}");
        });
    }
}

#[test]
fn a_row_from_before_there_were_checksums_is_taken_as_it_is() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        decide(&store, 1).await;
        Connection::open(&path).unwrap().execute("UPDATE decisions SET checksum = NULL", []).unwrap();
        store.check().await.unwrap();
    });
}

#[test]
fn a_module_is_kept_once_and_goes_when_no_decision_is_left_that_it_had_a_say_in() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let (old, new, other) = (module("corp", b"old"), module("corp", b"new"), module("jwk", b"jwk"));
        let first = vec![old.clone(), other.clone()];
        assert_eq!(store.remember_modules(CONFIGURATION, first.clone()).await.unwrap(), 2);
        assert_eq!(store.remember_modules(CONFIGURATION, first).await.unwrap(), 0);
        decide(&store, 1).await;
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.module(&old.digest).unwrap().as_deref(), Some(&b"old"[..]));
        let second = vec![new.clone(), other.clone()];
        assert_eq!(store.remember_modules(CONFIGURATION, second.clone()).await.unwrap(), 1);
        let served: HashSet<_> = reader.modules_of(&CONFIGURATION).unwrap().into_iter().collect();
        assert_eq!(served, second.iter().map(|module| (module.name.clone(), module.digest)).collect());
        // As long as there is the decision.
        store.prune(NOW).await.unwrap();
        assert!(kept(&path, &old));
        let later = NOW.checked_add(limits::DECISION_TIME + Duration::from_secs(1)).unwrap();
        store.prune(later).await.unwrap();
        assert!(!kept(&path, &old), "nobody needs it");
        assert!(kept(&path, &new) && kept(&path, &other), "they are in use");
        store.check().await.unwrap();
    });
}

#[test]
fn modules_have_so_much_room_and_those_that_were_replaced_first_go_first() {
    // Each a limit of its own.
    let large = |octet: u8| {
        let component = Bytes::from(vec![octet; limits::STORE_PARAMETER]);
        ModuleRecord { name: "corp".to_owned(), digest: Digest::of(&[&component]), component }
    };
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        decide(&store, 1).await;
        let most = u8::try_from(limits::KEPT_MODULES / (1 << 20)).unwrap();
        for octet in 0..=most {
            store.remember_modules(CONFIGURATION, vec![large(octet)]).await.unwrap();
        }
        assert!(!kept(&path, &large(0)));
        assert!(kept(&path, &large(1)) && kept(&path, &large(most)));
        let mut larger = large(0);
        larger.component = vec![0; limits::STORE_PARAMETER + 1].into();
        let refused = store.remember_modules(CONFIGURATION, vec![larger]).await;
        assert!(matches!(refused, Err(StoreError::TooLarge { .. })));
    });
}

#[test]
fn a_module_that_was_changed_is_found_and_not_given_out() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        let module = module("corp", b"module");
        store.remember_modules(CONFIGURATION, vec![module.clone()]).await.unwrap();
        Connection::open(&path).unwrap().execute("UPDATE modules SET component = x'00'", []).unwrap();
        assert!(matches!(store.check().await, Err(StoreError::Damaged(Damage::Module { .. }))));
        assert!(Reader::open(&path).unwrap().module(&module.digest).is_err());
    });
}
