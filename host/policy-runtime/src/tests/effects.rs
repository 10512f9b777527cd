//! What reaches outside, what is kept of it, and what is made of that again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{NEIGHBOUR, environment, load, proposal, runtime, runtime_with};
use crate::contract::check::Edit;
use crate::contract::effects::{ConsumeError, DnsError, HttpError, KvError, RecordData, RecordType, Request, Response};
use crate::{
    Check, ConsumeOnce, Dns, Fault, Grants, Http, KeyValue, Limits, ReplayMismatch, Reply, RuntimeConfig, Transcript,
};

const REMEMBERS: &str = include_str!("guests/remembers.wat");
const RESOLVES: &str = include_str!("guests/resolves.wat");
const HOARDS: &str = include_str!("guests/hoards.wat");

/// A world that counts how often it is asked.
#[derive(Default)]
pub(super) struct World {
    asked: AtomicU32,
    /// Never answers.
    is_mute: bool,
}

impl World {
    fn reply<T: Send + 'static>(&self, answer: T) -> Reply<T> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let is_mute = self.is_mute;
        Box::pin(async move { if is_mute { std::future::pending().await } else { answer } })
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ConsumeOnce for World {
    fn consume(&self, _: String, _: i64) -> Reply<Result<bool, ConsumeError>> {
        self.reply(Ok(true))
    }
}

impl KeyValue for World {
    fn value(&self, key: String) -> Reply<Result<Option<Vec<u8>>, KvError>> {
        self.reply(Ok(Some(format!("{key} {}", self.asked()).into_bytes())))
    }

    fn set(&self, _: String, _: Option<Vec<u8>>) -> Reply<Result<(), KvError>> {
        self.reply(Ok(()))
    }

    fn swap(&self, _: String, _: Option<Vec<u8>>, _: Option<Vec<u8>>) -> Reply<Result<bool, KvError>> {
        self.reply(Ok(true))
    }
}

impl Http for World {
    fn send(&self, _: Request) -> Reply<Result<Response, HttpError>> {
        self.reply(Err(HttpError::Timeout))
    }

    fn cached(&self, _: String, _: u32) -> Reply<Result<Response, HttpError>> {
        self.reply(Err(HttpError::Timeout))
    }
}

impl Dns for World {
    fn records(&self, name: String, of: RecordType) -> Reply<Result<Vec<RecordData>, DnsError>> {
        self.reply(Ok(vec![RecordData::Txt(format!("{name} {of:?} {}", self.asked()).into_bytes())]))
    }
}

async fn check(text: &str, world: &Arc<World>, limits: Limits) -> Check {
    let grants = Grants { kv: Some(world.clone()), ..Grants::default() };
    Check::init(&load(&runtime(), text).unwrap(), environment(), &grants, limits).await.unwrap()
}

/// The value of the one extension a check adds.
fn shown(edits: &[Edit]) -> &str {
    match edits {
        [Edit::AddExtension(extension)] => std::str::from_utf8(&extension.value).unwrap(),
        edits => panic!("{edits:?}"),
    }
}

#[tokio::test]
async fn a_policy_gets_what_the_world_answers_and_nothing_in_init() {
    let world = Arc::new(World::default());
    let check = check(REMEMBERS, &world, Limits::default()).await;
    assert_eq!(world.asked(), 0);
    let answer = check.review(&proposal()).await.unwrap();
    assert_eq!(shown(&answer.value.unwrap()), "abc 0");
    assert_eq!(answer.trace.transcript.functions().collect::<Vec<_>>(), ["kv.get"]);
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn a_replay_comes_to_the_same_answer_for_the_same_fuel_and_asks_nobody() {
    let world = Arc::new(World::default());
    let check = check(REMEMBERS, &world, Limits::default()).await;
    let first = check.review(&proposal()).await.unwrap();
    let stored = Transcript::from_octets(&first.trace.transcript.to_octets()).unwrap();
    let replaying = check.replaying(Arc::new(stored));
    // Each call begins at the start of the transcript.
    for _ in 0..2 {
        let again = replaying.review(&proposal()).await.unwrap();
        assert_eq!((&again.value, again.trace.fuel), (&first.value, first.trace.fuel));
        assert_eq!(again.trace.transcript, first.trace.transcript);
    }
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn what_the_dns_answered_is_answered_again_when_it_says_something_else_by_now() {
    let world = Arc::new(World::default());
    let grants = Grants { dns: Some(world.clone()), ..Grants::default() };
    let module = load(&runtime(), RESOLVES).unwrap();
    let check = Check::init(&module, environment(), &grants, Limits::default()).await.unwrap();
    let first = check.review(&proposal()).await.unwrap();
    assert_eq!(shown(first.value.as_ref().unwrap()), "abc RecordType::Txt 0");
    assert_eq!(first.trace.transcript.functions().collect::<Vec<_>>(), ["dns.look-up"]);

    let stored = Transcript::from_octets(&first.trace.transcript.to_octets()).unwrap();
    let again = check.replaying(Arc::new(stored)).review(&proposal()).await.unwrap();
    assert_eq!((&again.value, again.trace.fuel), (&first.value, first.trace.fuel));
    assert_eq!(world.asked(), 1);
    let now = check.review(&proposal()).await.unwrap();
    assert_eq!(shown(&now.value.unwrap()), "abc RecordType::Txt 1");
}

#[tokio::test]
async fn a_replay_that_asks_something_else_is_told_so() {
    let world = Arc::new(World::default());
    let first = check(REMEMBERS, &world, Limits::default()).await;
    let transcript = Arc::new(first.review(&proposal()).await.unwrap().trace.transcript);

    let other = check(HOARDS, &world, Limits::default()).await;
    let fault = other.replaying(transcript).review(&proposal()).await.unwrap_err();
    let mismatch = ReplayMismatch::Function { step: 0, asked: "kv.put", recorded: "kv.get" };
    assert_eq!(fault, Fault::Replay(mismatch));

    let nothing = Arc::new(Transcript::default());
    let fault = first.replaying(nothing).review(&proposal()).await.unwrap_err();
    assert_eq!(fault, Fault::Replay(ReplayMismatch::Ended { step: 0, asked: "kv.get" }));
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn whoever_writes_without_end_runs_out_of_fuel() {
    let world = Arc::new(World::default());
    let greedy = Limits { host_calls: 100_000, ..Limits::default() };
    let fault = check(HOARDS, &world, greedy).await.review(&proposal()).await.unwrap_err();
    assert!(matches!(fault, Fault::OutOfFuel { .. }), "{fault}");
    assert!(world.asked() < 200, "{}", world.asked());
}

#[tokio::test]
async fn a_world_that_does_not_answer_is_an_answer_after_a_while() {
    let world = Arc::new(World { is_mute: true, ..World::default() });
    let limits = Limits { waiting: Duration::from_millis(1), ..Limits::default() };
    let answer = check(REMEMBERS, &world, limits).await.review(&proposal()).await.unwrap();
    assert_eq!(shown(&answer.value.unwrap()), "");
}

/// Nothing of this is a matter of time: the calls that wait do so until they are dropped.
#[tokio::test]
async fn those_that_wait_take_nobody_elses_place() {
    let config = RuntimeConfig { calls_at_once: 1, waiting_calls_at_once: 2, ..RuntimeConfig::default() };
    let runtime = runtime_with(config);
    let world = Arc::new(World { is_mute: true, ..World::default() });
    let grants = Grants { kv: Some(world.clone()), ..Grants::default() };
    let limits = Limits { waiting: Duration::from_secs(3_600), ..Limits::default() };
    let waits = Check::init(&load(&runtime, REMEMBERS).unwrap(), environment(), &grants, limits).await.unwrap();
    let neighbour = super::init(&load(&runtime, NEIGHBOUR).unwrap(), Limits::default()).await.unwrap();
    let waits = Arc::new(waits);
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let waits = Arc::clone(&waits);
            tokio::spawn(async move { waits.review(&proposal()).await })
        })
        .collect();
    while world.asked() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(neighbour.review(&proposal()).await.is_ok());
    for call in waiting {
        call.abort();
    }
}
