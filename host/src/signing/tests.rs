//! A signer that hangs.

use crate::{
    reload::Read,
    snapshot::Snapshot,
    test_ca::{Applicant, PASSWORD, TestCa},
    turns::Turns,
};
use authority::keys::{PrivateKey, SignatureAlgorithm, Signer, SignerError};
use serde_json::json;
use std::{
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
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

/// Signs when the other end of the channel is gone.
struct Hanging {
    key: PrivateKey,
    release: Mutex<mpsc::Receiver<()>>,
    asked: Arc<AtomicUsize>,
}

impl Signer for Hanging {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let _ = self.release.lock().unwrap_or_else(PoisonError::into_inner).recv();
        self.key.sign(message)
    }

    fn signs_elsewhere(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_signer_that_hangs_keeps_two_threads_and_nobody_who_needs_no_signature() {
    let ca = TestCa::start().await;
    let applicant = Applicant::new(&ca);
    ca.configure(|file| file["ocsp"] = json!({"enabled": true}));
    let Read { config, .. } = ca.source.read().unwrap();
    let key = fs::read_to_string(ca.path.intermediate_key()).unwrap();
    let key = PrivateKey::from_pem(&key, Some(PASSWORD)).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let (hold, release) = mpsc::channel();
    let signer = Hanging { key, release: Mutex::new(release), asked: Arc::clone(&asked) };
    let snapshot = Snapshot::with_signer(&config, |_| Ok(Box::new(signer)), &ca.reloader.foundations);
    let mut snapshot = snapshot.await.unwrap();
    // Whoever waits for what does not come need not wait long.
    snapshot.turns = Turns::new(2, Duration::from_millis(1), Duration::from_millis(1));
    ca.reloader.app.replace(snapshot);

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
