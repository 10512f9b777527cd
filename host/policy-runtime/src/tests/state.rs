//! Calls that begin with the state after `init` are those that begin with `init`.

use std::fs;
use std::path::PathBuf;

use super::{environment, init, load, proposal, runtime, runtime_with};
use crate::contract::check::{Edit, Environment};
use crate::contract::provisioner;
use crate::{Answer, Check, Fault, Grants, Limits, LoadLimits, Provisioner, RuntimeConfig};

const KEEPS: &str = include_str!("guests/keeps.wat");

async fn check(text: &str) -> Check {
    init(&load(&runtime(), text).unwrap(), Limits::default()).await.unwrap()
}

/// [`KEEPS`], with more in `init`, in `review` and in the module.
fn with(in_init: &str, in_review: &str, in_module: &str) -> String {
    let begin = "(module\n";
    KEEPS.replace("(;init;)", in_init).replace("(;review;)", in_review).replace(begin, &format!("{begin}{in_module}"))
}

/// What is left of an answer when it is not looked at how long it took.
fn lasting(mut answer: Answer<Vec<Edit>>) -> Answer<Vec<Edit>> {
    answer.trace.elapsed = Default::default();
    answer
}

#[tokio::test]
async fn a_call_that_begins_with_the_state_is_the_one_that_begins_with_init() {
    let guests = [
        KEEPS,
        include_str!("guests/counts.wat"),
        include_str!("guests/leftovers.wat"),
        include_str!("guests/logs.wat"),
        include_str!("guests/digest.wat"),
        include_str!("guests/refuses.wat"),
    ];
    for guest in guests {
        let quick = check(guest).await;
        assert!(quick.template.has_state(), "{guest}");
        let mut slow = check(guest).await;
        slow.template.forget_state();
        for _ in 0..3 {
            let answers = (quick.review(&proposal()).await.unwrap(), slow.review(&proposal()).await.unwrap());
            assert_eq!(lasting(answers.0), lasting(answers.1), "{guest}");
        }
    }
}

#[tokio::test]
async fn what_init_made_is_there_for_every_call_and_what_calls_made_for_none() {
    let check = check(KEEPS).await;
    assert!(check.template.has_state());
    for _ in 0..50 {
        assert_eq!(check.review(&proposal()).await.unwrap().value, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn a_module_that_keeps_more_than_memory_and_globals_is_asked_init_each_time() {
    let last = "(if (ref.is_null (table.get (i32.const 0))) (then (return (i32.const 1052))))";
    let note = "(memory.init $note (i32.const 300) (i32.const 0) (i32.const 4))";
    for (what, text) in [
        (
            "a table that changes",
            with("(table.set (i32.const 0) (ref.func $f))", last, "(func $f) (elem declare func $f)"),
        ),
        ("a segment that is dropped", with(&format!("{note} (data.drop $note)"), "", "")),
        ("a global that is a reference", with("", "", "(global (mut funcref) (ref.null func))")),
        ("a start function", with("", "", "(func $start) (start $start)")),
        ("a function that instantiating calls", with("", "", r#"(func (export "_initialize"))"#)),
        ("an init that calls the host", with("(call $panicked (i32.const 0) (i32.const 0))", "", "")),
        ("a name of the host's own", with("", "", r#"(func (export "step-state-peek"))"#)),
    ] {
        // Imports come first.
        let import = r#"(import "step:policy/log@0.1.0" "panicked" (func $panicked (param i32 i32)))"#;
        let text = text.replace(import, "").replace("(module\n", &format!("(module\n{import}\n"));
        let check = check(&text).await;
        assert!(!check.template.has_state(), "{what}");
        for _ in 0..3 {
            assert_eq!(check.review(&proposal()).await.unwrap().value, Ok(Vec::new()), "{what}");
        }
    }
}

#[tokio::test]
async fn a_module_at_a_limit_is_loaded_without_hooks_when_they_would_be_over_it() {
    let import = r#"(import "step:policy/log@0.1.0" "panicked" (func $panicked (param i32 i32)))"#;
    // With what it does itself, in three functions, and none that lifting adds.
    let text = KEEPS.replace(import, "").replace("(table", "(func) (func) (func) (func)\n(table");
    for (functions, has_state) in [(6, None), (7, Some(false)), (12, Some(false)), (13, Some(true))] {
        let limits = LoadLimits { functions, ..LoadLimits::default() };
        let runtime = runtime_with(RuntimeConfig { load: limits, ..RuntimeConfig::default() });
        let loaded = load(&runtime, &text);
        let Some(has_state) = has_state else {
            assert_eq!(loaded.unwrap_err(), Fault::TooComplex { what: "functions", count: 7, limit: 6 });
            continue;
        };
        let check = init(&loaded.unwrap(), Limits::default()).await.unwrap();
        assert_eq!(check.template.has_state(), has_state, "{functions}");
        assert_eq!(check.review(&proposal()).await.unwrap().value, Ok(Vec::new()), "{functions}");
    }
}

#[tokio::test]
async fn a_state_that_is_large_is_not_kept() {
    let fill = "(memory.fill (i32.const 200000) (i32.const 1) (i32.const 300000))";
    let check = check(&with(&format!("(drop (memory.grow (i32.const 6))) {fill}"), "", "")).await;
    assert!(!check.template.has_state());
    // It finds nine pages, not the three it wants.
    assert!(check.review(&proposal()).await.unwrap().value.is_err());
}

#[tokio::test]
async fn memory_that_init_has_taken_counts() {
    let limits = |pages: usize| Limits { memory: pages << 16, ..Limits::default() };
    let module = load(&runtime(), &with("", "(drop (memory.grow (i32.const 1)))", "")).unwrap();
    assert_eq!(init(&module, limits(2)).await.err(), Some(Fault::OutOfMemory { limit: 2 << 16 }));
    let check = init(&module, limits(3)).await.unwrap();
    assert!(check.template.has_state());
    assert_eq!(check.review(&proposal()).await, Err(Fault::OutOfMemory { limit: 3 << 16 }));
    let check = init(&module, limits(4)).await.unwrap();
    assert_eq!(check.review(&proposal()).await.unwrap().value, Ok(Vec::new()));
}

#[tokio::test]
async fn one_place_for_calls_is_enough_to_take_a_state() {
    let config = RuntimeConfig { calls_at_once: 1, ..Default::default() };
    let check = init(&load(&runtime_with(config), KEEPS).unwrap(), Limits::default()).await.unwrap();
    assert!(check.template.has_state());
}

/// Each of them would work without, and cost more. AssemblyScript's modules have a start function.
#[tokio::test]
async fn the_stock_has_a_state() {
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let module = |path: &str| runtime().load(path, &fs::read(workspace.join(path)).unwrap()).unwrap();
    let claims = Environment { global_claims: r#"{"maxTLSCertDuration":"24h"}"#.to_owned(), ..environment() };
    let one_domain = Environment { settings: r#"{"domain":"example.com"}"#.to_owned(), ..environment() };
    for (path, environment) in [
        ("policies/dist/claims.wasm", claims),
        ("policies/dist/gallery/one-domain.wasm", one_domain.clone()),
        ("policy-sdk/languages/c/one-domain.wasm", one_domain),
    ] {
        let check = Check::init(&module(path), environment, &Grants::default(), Limits::default()).await.unwrap();
        assert!(check.template.has_state(), "{path}");
    }
    let coordinate = "A".repeat(43);
    let environment = provisioner::Environment {
        host_version: "0.1.0".into(),
        name: "machines".into(),
        type_: "JWK".into(),
        config: format!(r#"{{"key":{{"kty":"EC","kid":"k","crv":"P-256","x":"{coordinate}","y":"{coordinate}"}}}}"#),
        settings: "null".into(),
        global_claims: "{}".into(),
        audiences: provisioner::Audiences { sign: Vec::new(), renew: Vec::new(), revoke: Vec::new() },
    };
    let jwk = module("policies/dist/jwk.wasm");
    let jwk = Provisioner::init(&jwk, environment, &Grants::default(), Limits::default()).await.unwrap();
    assert!(jwk.template.has_state());
}
