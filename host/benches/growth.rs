//! What an issuance costs with a thousand certificates on record, and with a million.
//!
//! The records are made up, and written through the store's own door in large batches; then a CA is started on them and
//! issues for a while, in rounds. The best of them counts, and the best of the P-256 signatures measured between them.
//!
//! `cargo bench -p step-ca --bench growth -- 1000 10000 100000`

mod fixture;

use authority::{SerialNumber, Timestamp, Validity};
use fixture::{Client, Files, Reference};
use std::{sync::Arc, time::Instant};
use step_ca::{
    app::{App, Ca},
    audit::{Digest, Entry, Module, Operation, Outcome},
    config::Config,
    routes::{RequestId, Service, SignCall},
    store::{CertificateRecord, Embedded, Issuance, Store},
};
use tokio::{runtime::Runtime, task::JoinSet};

const SIZES: [u64; 3] = [1_000, 10_000, 100_000];
const ROUNDS: u32 = 8;
const ISSUED_A_ROUND: u32 = 1_000;
const AT_ONCE: usize = 8;

fn main() {
    let asked: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { SIZES.to_vec() } else { asked };
    let runtime = Runtime::new().expect("a runtime");
    let files = Files::make();
    let client = Arc::new(Client::new(&files.path));
    let mut on_record = 0;
    for size in sizes {
        let begin = Instant::now();
        runtime.block_on(fill(&files, on_record, size));
        let filled = begin.elapsed().as_secs_f64();
        let begin = Instant::now();
        let ca = runtime.block_on(fixture::start(&files.path));
        let started = begin.elapsed().as_secs_f64();
        let mut best = Cost::default();
        for _ in 0..ROUNDS {
            best = best.or(round(&runtime, &ca, &client));
        }
        let Cost { per_second, cpu_us, sign_us } = best;
        println!(
            "{size} certificates: {per_second:.0}/s, {cpu_us:.0} CPU-µs each ({:.1} P-256 signatures); filled in {filled:.1} \
             s, started in {started:.2} s, {:.1} MB resident",
            cpu_us / sign_us,
            fixture::resident_megabytes(std::process::id()),
        );
        on_record = size + u64::from(ROUNDS * ISSUED_A_ROUND);
        drop(ca);
    }
}

/// What one issuance took, and a signature beside it.
struct Cost {
    per_second: f64,
    cpu_us: f64,
    sign_us: f64,
}

impl Default for Cost {
    fn default() -> Self {
        Self { per_second: 0.0, cpu_us: f64::INFINITY, sign_us: f64::INFINITY }
    }
}

impl Cost {
    /// The better of each.
    fn or(self, other: Self) -> Self {
        Self {
            per_second: self.per_second.max(other.per_second),
            cpu_us: self.cpu_us.min(other.cpu_us),
            sign_us: self.sign_us.min(other.sign_us),
        }
    }
}

fn round(runtime: &Runtime, ca: &Ca, client: &Arc<Client>) -> Cost {
    let Reference { sign_us, .. } = Reference::measure();
    let cpu = fixture::cpu_seconds(std::process::id());
    let begin = Instant::now();
    runtime.block_on(issue(ca.app(), client));
    let elapsed = begin.elapsed().as_secs_f64();
    let cpu_us = (fixture::cpu_seconds(std::process::id()) - cpu) * 1e6 / f64::from(ISSUED_A_ROUND);
    Cost { per_second: f64::from(ISSUED_A_ROUND) / elapsed, cpu_us, sign_us }
}

/// Tokens are made on the way, so that each certificate has the cost of one more signature in it.
async fn issue(app: &Arc<App>, client: &Arc<Client>) {
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (app, client) = (Arc::clone(app), Arc::clone(client));
        tasks.spawn(async move {
            for _ in 0..ISSUED_A_ROUND as usize / AT_ONCE {
                app.sign(call(&client)).await.map(drop).expect("a certificate");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic");
    }
}

fn call(client: &Client) -> SignCall {
    SignCall {
        csr: client.csr.clone(),
        token: client.token(),
        not_before: Default::default(),
        not_after: Default::default(),
        template_data: None,
        request_id: RequestId::fresh(),
        peer: None,
    }
}

/// Puts certificates on record until there are `until`. Their tokens are forgotten, as those of all old ones are.
async fn fill(files: &Files, from: u64, until: u64) {
    const SHARED: u64 = 512;
    let (config, _) = Config::load(&files.path.ca_json()).expect("a configuration");
    let now = fixture::now();
    let store = Embedded::open(&config.store, config.store_head.as_deref(), now).expect("a store");
    for first in (from..until).step_by(SHARED as usize) {
        let answers: Vec<_> = (first..until.min(first + SHARED)).map(|_| store.record(made_up(now))).collect();
        for answer in answers {
            answer.await.expect("a record");
        }
    }
}

fn made_up(now: Timestamp) -> Issuance {
    let (mut serial, mut der) = ([0; SerialNumber::OCTETS], vec![0; 700]);
    aws_lc_rs::rand::fill(&mut serial).expect("randomness");
    aws_lc_rs::rand::fill(&mut der).expect("randomness");
    let module = |name: &str| Module { name: name.to_owned(), sha256: Digest::of(&[name.as_bytes()]) };
    let modules = vec![module("builtin:jwk"), module("builtin:claims")];
    let id = RequestId::fresh().as_str().to_owned();
    let entry = Entry::new(id.clone(), now, id, Operation::Sign, Outcome::Issued);
    let key = Digest::of(&[&der]);
    let certificate = CertificateRecord {
        serial_number: SerialNumber::from_random(serial),
        der,
        provisioner: "bench@example.com".to_owned(),
        credential_id: "kid".to_owned(),
        subject: fixture::SUBJECT.to_owned(),
        names: vec![fixture::SUBJECT.to_owned()],
        validity: Validity { not_before: now, not_after: now },
        operation: Operation::Sign,
        previous: None,
        first_issued: now,
        renewals: 0,
        policies: modules.clone(),
    };
    Issuance::new(None, certificate, key, Entry { modules, ..entry })
}
