//! What holds for every call.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{environment, init, load, proposal, runtime, runtime_with};
use crate::contract::check::Edit;
use crate::contract::types::{DenialKind, Extension};
use crate::{Check, Fault, Grants, InitError, Limits, RuntimeConfig};

const COUNTS: &str = include_str!("guests/counts.wat");
const LOOPS: &str = include_str!("../../../../tests/policy/cases/infinite-loop/policy.wat");

async fn check(text: &str) -> Check {
    check_within(text, Limits::default()).await
}

async fn check_within(text: &str, limits: Limits) -> Check {
    init(&load(&runtime(), text).unwrap(), limits).await.unwrap()
}

#[tokio::test]
async fn nothing_is_left_of_an_earlier_call() {
    let check = check(include_str!("guests/leftovers.wat")).await;
    for _ in 0..200 {
        assert_eq!(check.review(&proposal()).await.unwrap().value, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_for_the_same_fuel() {
    let first = check(COUNTS).await.review(&proposal()).await.unwrap();
    for _ in 0..20 {
        // Another runtime, as another replica would have.
        let again = check(COUNTS).await.review(&proposal()).await.unwrap();
        assert_eq!((&again.value, again.trace.fuel), (&first.value, first.trace.fuel));
    }
}

#[tokio::test]
async fn fuel_is_enough_to_the_unit() {
    let fuel = check(COUNTS).await.review(&proposal()).await.unwrap().trace.fuel;
    let exact = check_within(COUNTS, Limits { fuel, ..Limits::default() }).await;
    assert_eq!(exact.review(&proposal()).await.unwrap().trace.fuel, fuel);
    let short = check_within(COUNTS, Limits { fuel: fuel - 1, ..Limits::default() }).await;
    assert_eq!(short.review(&proposal()).await, Err(Fault::OutOfFuel { limit: fuel - 1 }));
}

#[tokio::test]
async fn an_answer_may_be_as_long_as_the_limit_and_no_longer() {
    // The message is as long as the name of the provisioner: eight octets.
    let text = include_str!("guests/refuses.wat");
    let answer = check_within(text, Limits { output: 8, ..Limits::default() }).await.review(&proposal()).await.unwrap();
    assert_eq!(answer.value.unwrap_err().message, "xxxxxxxx");
    let fault = check_within(text, Limits { output: 7, ..Limits::default() }).await.review(&proposal()).await;
    assert_eq!(fault, Err(Fault::OutputTooLarge { limit: 7 }));
}

#[tokio::test]
async fn a_policy_may_make_as_many_host_calls_as_the_limit_and_no_more() {
    let text = include_str!("guests/logs.wat");
    let enough = check_within(text, Limits { host_calls: 2, ..Limits::default() }).await;
    assert_eq!(enough.review(&proposal()).await.unwrap().trace.host_calls, 2);
    let short = check_within(text, Limits { host_calls: 1, ..Limits::default() }).await;
    assert_eq!(short.review(&proposal()).await, Err(Fault::TooManyHostCalls { limit: 1 }));
}

#[tokio::test]
async fn time_stops_what_fuel_does_not() {
    let limits = Limits { fuel: u64::MAX, deadline: Duration::from_millis(20), ..Limits::default() };
    let fault = check_within(LOOPS, limits).await.review(&proposal()).await.unwrap_err();
    assert_eq!(fault.to_string(), "ran longer than 20 ms");
}

/// One executor thread, so that a guest which did not yield would keep the neighbour waiting for ever.
#[tokio::test]
async fn a_guest_that_runs_on_lets_its_neighbours_run_too() {
    let runtime = runtime();
    let endless = Limits { fuel: u64::MAX, deadline: Duration::MAX, ..Limits::default() };
    let endless = Arc::new(init(&load(&runtime, LOOPS).unwrap(), endless).await.unwrap());
    let neighbour = init(&load(&runtime, COUNTS).unwrap(), Limits::default()).await.unwrap();
    let running = tokio::spawn(async move { endless.review(&proposal()).await });
    for _ in 0..20 {
        assert_eq!(neighbour.review(&proposal()).await.unwrap().value, Ok(Vec::new()));
    }
    assert!(!running.is_finished());
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_calls_than_places_wait_their_turn() {
    let runtime = runtime_with(RuntimeConfig { calls_at_once: 2, ..RuntimeConfig::default() });
    let check = Arc::new(init(&load(&runtime, COUNTS).unwrap(), Limits::default()).await.unwrap());
    let mut calls = JoinSet::new();
    for _ in 0..65 {
        let check = Arc::clone(&check);
        calls.spawn(async move { check.review(&proposal()).await });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.into_iter().map(|answer| answer.unwrap().value).filter(Result::is_ok).count(), 65);
}

#[tokio::test]
async fn a_call_that_finds_no_place_in_time_is_told_so_and_a_cancelled_one_gives_its_place_back() {
    let config = RuntimeConfig { calls_at_once: 1, queue_wait: Duration::from_millis(1), ..RuntimeConfig::default() };
    let runtime = runtime_with(config);
    let endless = Limits { fuel: u64::MAX, deadline: Duration::MAX, ..Limits::default() };
    let endless = Arc::new(init(&load(&runtime, LOOPS).unwrap(), endless).await.unwrap());
    let neighbour = init(&load(&runtime, COUNTS).unwrap(), Limits::default()).await.unwrap();
    let running = tokio::spawn(async move { endless.review(&proposal()).await });
    tokio::task::yield_now().await;
    let fault = neighbour.review(&proposal()).await.unwrap_err();
    assert_eq!(fault, Fault::Busy { waited: Duration::from_millis(60) });
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert_eq!(neighbour.review(&proposal()).await.unwrap().value, Ok(Vec::new()));
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_no_fault() {
    let answer = check(include_str!("guests/refuses.wat")).await.review(&proposal()).await.unwrap();
    assert_eq!(answer.value.unwrap_err().kind, DenialKind::Forbidden);
}

#[tokio::test]
async fn a_configuration_that_is_not_accepted_is_reported_problem_by_problem() {
    let module = load(&runtime(), include_str!("guests/configured.wat")).unwrap();
    let error = Check::init(&module, environment(), &Grants::default(), Limits::default()).await.err().unwrap();
    assert!(matches!(&error, InitError::Config(problems) if problems.len() == 2));
    assert_eq!(error.to_string(), r"does not accept its configuration: /settings/max: empty; \u{1b}[2Jx");
}

#[tokio::test]
async fn what_a_policy_logs_is_escaped_and_kept() {
    let trace = check(include_str!("guests/logs.wat")).await.review(&proposal()).await.unwrap().trace;
    let lines: Vec<&str> = trace.log.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(lines, ["hello", r"\u{1b}[31mx"]);
    assert_eq!(trace.log_dropped, 0);
}

#[tokio::test]
async fn a_guest_gets_the_digest_it_asks_for() {
    let value = extension_value(include_str!("guests/digest.wat")).await;
    // FIPS 180-4, the example for SHA-256 of "abc".
    assert_eq!(hex::encode(value), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[tokio::test]
async fn there_is_one_nan() {
    assert_eq!(extension_value(include_str!("guests/nan.wat")).await, 0x7fc0_0000_u32.to_le_bytes());
}

async fn extension_value(text: &str) -> Vec<u8> {
    let edits = check(text).await.review(&proposal()).await.unwrap().value.unwrap();
    match edits.as_slice() {
        [Edit::AddExtension(Extension { value, .. })] => value.clone(),
        other => panic!("one extension was expected, not {other:?}"),
    }
}

/// Where the address space for a pool cannot be had, instances are made one by one.
#[tokio::test]
async fn calls_work_without_a_pool() {
    let runtime = runtime_with(RuntimeConfig { calls_at_once: 1 << 16, memory: 1 << 32, ..RuntimeConfig::default() });
    let check = init(&load(&runtime, COUNTS).unwrap(), Limits::default()).await.unwrap();
    assert_eq!(check.review(&proposal()).await.unwrap().value, Ok(Vec::new()));
    let bomb = include_str!("../../../../tests/policy/cases/memory-bomb/policy.wat");
    let check = init(&load(&runtime, bomb).unwrap(), Limits::default()).await.unwrap();
    assert_eq!(check.review(&proposal()).await, Err(Fault::OutOfMemory { limit: 16 << 20 }));
}
