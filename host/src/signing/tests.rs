//! A signer that hangs, and one that fails.

use super::Pause;
use crate::{
    limits,
    reload::Read,
    revocation_list::{self, ListFault},
    sealing,
    snapshot::Snapshot,
    test_ca::{Applicant, PASSWORD, TestCa},
    turns::Turns,
};
use authority::keys::{PrivateKey, SignatureAlgorithm, Signer, SignerError};
use serde_json::{Value, json};
use std::{
    fs,
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    task::Poll,
    time::Duration,
};

/// A question about a certificate that nobody has issued (RFC 6960 §4.1.1), of which everybody may ask as many.
const QUESTION: &[&[u8]] = &[
    &[0x30, 0x40, 0x30, 0x3e, 0x30, 0x3c, 0x30, 0x3a, 0x30, 0x38],
    &[0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a],
    &[0x04, 0x14],
    &[7; 20],
    &[0x04, 0x14],
    &[7; 20],
    &[0x02, 0x01, 0x01],
];
const INTERNAL_ERROR: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 2];
const TRY_LATER: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 3];

/// Signs elsewhere, after this, or fails as this does.
struct Elsewhere<F> {
    key: PrivateKey,
    asked: Arc<AtomicUsize>,
    before: F,
}

impl<F: Fn() -> Result<(), SignerError> + Send + Sync> Signer for Elsewhere<F> {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        (self.before)()?;
        self.key.sign(message)
    }

    fn signs_elsewhere(&self) -> bool {
        true
    }
}

/// Hangs until the other end of the channel is gone.
fn hanging(
    key: PrivateKey,
    asked: &Arc<AtomicUsize>,
    release: mpsc::Receiver<()>,
) -> Elsewhere<impl Fn() -> Result<(), SignerError> + Send + Sync + use<>> {
    let release = Mutex::new(release);
    let before = move || {
        let _ = release.lock().unwrap_or_else(PoisonError::into_inner).recv();
        Ok(())
    };
    Elsewhere { key, asked: Arc::clone(asked), before }
}

/// Fails at once, and may have signed, until it is mended.
fn failing(
    key: PrivateKey,
    asked: &Arc<AtomicUsize>,
    is_mended: &Arc<AtomicBool>,
) -> Elsewhere<impl Fn() -> Result<(), SignerError> + Send + Sync + use<>> {
    let is_mended = Arc::clone(is_mended);
    let before = move || match is_mended.load(Ordering::Relaxed) {
        true => Ok(()),
        false => Err(SignerError::OutcomeUnknown { reason: "a device error".to_owned() }),
    };
    Elsewhere { key, asked: Arc::clone(asked), before }
}

/// Puts a configuration with these members in force, whose key hangs until the sender is gone. How often that was asked.
async fn hang(ca: &TestCa, members: Value, turns: Turns) -> (mpsc::Sender<()>, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (hold, release) = mpsc::channel();
    let signer = hanging(key(ca), &asked, release);
    sign_with(ca, members, signer, turns).await;
    (hold, asked)
}

fn key(ca: &TestCa) -> PrivateKey {
    let key = fs::read_to_string(ca.path.intermediate_key()).unwrap();
    PrivateKey::from_pem(&key, Some(PASSWORD)).unwrap()
}

async fn sign_with(ca: &TestCa, members: Value, signer: impl Signer + 'static, turns: Turns) {
    ca.configure(|file| file.as_object_mut().unwrap().extend(members.as_object().unwrap().clone()));
    let Read { config, .. } = ca.source.read().unwrap();
    let snapshot = Snapshot::with_signer(&config, |_| Ok(Box::new(signer)), &ca.reloader.foundations);
    let mut snapshot = snapshot.await.unwrap();
    snapshot.turns = turns;
    ca.reloader.app.replace(snapshot);
}

/// Passes whatever may not be waited for.
const NEVER: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn without_a_list_a_signer_that_fails_is_asked_once_and_everybody_is_told_to_come_again() {
    let ca = TestCa::start().await;
    let (hold, asked) = hang(&ca, json!({"crl": {"enabled": true}}), Turns::new(1, NEVER, NEVER)).await;
    let client = ca.client(true);
    for _ in 0..20 {
        let answer = client.get(ca.url("/crl")).send().await.unwrap();
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1, "it keeps its turn");
    drop(hold);
}

#[tokio::test]
async fn so_many_wait_for_the_first_list_and_the_others_do_not() {
    let ca = TestCa::start().await;
    let (hold, _) = hang(&ca, json!({"crl": {"enabled": true}}), Turns::new(1, LONG, LONG)).await;
    let (snapshot, now) = (ca.reloader.app.snapshot(), ca.reloader.app.own_call().now);
    let mut waiting: Vec<_> =
        (0..limits::LIST_WAITING).map(|_| Box::pin(revocation_list::current(&snapshot, now))).collect();
    for request in &mut waiting {
        let polled = poll_fn(|context| Poll::Ready(request.as_mut().poll(context))).await;
        assert!(polled.is_pending());
    }
    let one_more = revocation_list::current(&snapshot, now).await;
    assert!(matches!(one_more, Err(ListFault::TooMany)), "{one_more:?}");
    // They stay, whether or not anybody waits, until the signer has answered.
    let first = waiting.pop().unwrap();
    drop(waiting);
    assert!(matches!(revocation_list::current(&snapshot, now).await, Err(ListFault::TooMany)));
    drop(hold);
    assert!(first.await.is_ok());
}

#[tokio::test]
async fn the_end_of_the_audit_log_is_signed_in_its_turn() {
    let ca = TestCa::start().await;
    let (hold, asked) = hang(&ca, json!({}), Turns::new(1, NEVER, NEVER)).await;
    let (snapshot, now) = (ca.reloader.app.snapshot(), ca.reloader.app.own_call().now);
    let file = ca.path.base().join("audit.log");
    for _ in 0..5 {
        let mut sealed = None;
        sealing::seal(&file, snapshot.clone(), now, &mut sealed).await;
        assert_eq!(sealed, None);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    drop(hold);
}

#[tokio::test]
async fn a_signer_that_hangs_keeps_two_threads_and_nobody_who_needs_no_signature() {
    let ca = TestCa::start().await;
    let applicant = Applicant::new(&ca);
    // Whoever waits for what does not come need not wait long.
    let (hold, asked) = hang(&ca, json!({"ocsp": {"enabled": true}}), Turns::new(2, NEVER, NEVER)).await;

    let client = ca.client(true);
    let sign = || async { client.post(ca.url("/sign")).body(applicant.body()).send().await.unwrap().status() };
    let ask = || async {
        let question = client.post(ca.url("/ocsp")).header("content-type", "application/ocsp-request");
        question.body(QUESTION.concat()).send().await.unwrap().bytes().await.unwrap()
    };
    let get = |path: &str| {
        let request = client.get(ca.url(path));
        async { request.send().await.unwrap().status() }
    };
    // What becomes of these two cannot be known; nothing more is asked.
    assert_eq!(sign().await, 500);
    assert_eq!(ask().await, INTERNAL_ERROR);
    for _ in 0..8 {
        assert_eq!(ask().await, TRY_LATER);
        assert_eq!(sign().await, 503);
    }
    assert_eq!(get("/ready").await, 503);
    assert_eq!(get("/health").await, 200);
    assert_eq!(get("/roots").await, 201);
    // Of the intents of all these, that of the one under way is left.
    let store = Arc::clone(&ca.reloader.foundations.store);
    while store.unclaimed().await.unwrap().len() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.unclaimed().await.unwrap().len(), 1);

    drop(hold);
    // It is signed in the end, and dropped: nobody has it, and it is missed by nobody.
    while !store.unclaimed().await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_signer_that_fails_at_once_is_left_alone_and_leaves_one_intent() {
    let ca = TestCa::start().await;
    let applicant = Applicant::new(&ca);
    let (is_mended, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let failing = || failing(key(&ca), &asked, &is_mended);
    let mut turns = Turns::new(2, LONG, LONG);
    turns.pause = Arc::new(Pause::beginning_with(LONG));
    sign_with(&ca, json!({}), failing(), turns).await;

    let client = ca.client(true);
    let sign = |body| async { client.post(ca.url("/sign")).body(body).send().await.unwrap() };
    assert_eq!(sign(applicant.body()).await.status(), 500);
    let body = applicant.body();
    for _ in 0..20 {
        let answer = sign(body.clone()).await;
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(ca.reloader.foundations.store.unclaimed().await.unwrap().len(), 1);

    // It is well again, and the token that was sent all the while has not been spent.
    is_mended.store(true, Ordering::Relaxed);
    sign_with(&ca, json!({}), failing(), Turns::new(2, LONG, LONG)).await;
    assert_eq!(sign(body).await.status(), 201);
    assert_eq!(ca.reloader.foundations.store.unclaimed().await.unwrap().len(), 1);
}
