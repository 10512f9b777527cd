//! What one issuance costs in process, part by part, beside the two signatures nobody can save.
//!
//! `cargo bench -p step-ca --bench road`

mod fixture;

use authority::{
    CertificationRequest,
    keys::{KeySpec, PrivateKey, Signer},
};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use divan::{Bencher, black_box};
use fixture::{Client, Files};
use policy_runtime::contract::types::Operation;
use std::sync::{Arc, LazyLock};
use step_ca::{
    app::{App, Ca},
    call::{Call, Requested},
    credential::Token,
    policies::{Authorized, Question},
    routes::{RequestId, Service, SignCall},
    snapshot::Snapshot,
};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

struct Bench {
    runtime: Runtime,
    _files: Files,
    client: Client,
    _ca: Ca,
    app: Arc<App>,
    ca: Arc<Snapshot>,
    request: CertificationRequest,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let files = Files::make();
    let client = Client::new(&files.path);
    let ca = runtime.block_on(fixture::start(&files.path));
    let app = ca.app().clone();
    let snapshot = app.snapshot();
    let request = CertificationRequest::from_pem(&client.csr).expect("a request");
    Bench { runtime, _files: files, client, _ca: ca, app, ca: snapshot, request }
});

fn call() -> Call {
    Call::new("bench".to_owned(), fixture::now(), None)
}

#[divan::bench]
fn a_p256_signature(bencher: Bencher<'_, '_>) {
    let key = PrivateKey::generate(KeySpec::EcP256).expect("a key");
    let message = [7; 400];
    bencher.bench_local(|| key.sign(black_box(&message)));
}

#[divan::bench]
fn b_p256_verification(bencher: Bencher<'_, '_>) {
    let key = PrivateKey::generate(KeySpec::EcP256).expect("a key");
    let message = [7; 400];
    let signature = key.sign(&message).expect("a signature");
    // The point is the last 65 octets of the SubjectPublicKeyInfo of a P-256 key.
    let spki = key.spki_der();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, spki[spki.len() - 65..].to_vec());
    bencher.bench_local(|| public.verify(black_box(&message), &signature).is_ok());
}

#[divan::bench]
fn c_parse_and_verify_csr(bencher: Bencher<'_, '_>) {
    let bench = &*BENCH;
    bencher.bench_local(|| CertificationRequest::from_pem(black_box(&bench.client.csr)).is_ok());
}

/// Instance, `init` and call, one P-256 verification included.
#[divan::bench]
fn d_jwk_authorize_sign(bencher: Bencher<'_, '_>) {
    let bench = &*BENCH;
    let text = bench.client.token();
    bencher.bench_local(|| bench.runtime.block_on(authorize(bench, &text)));
}

async fn authorize(bench: &Bench, token: &str) -> Authorized {
    let token = Token::parse(token).expect("a token");
    let provisioner = bench.ca.policies.of_token(&token).expect("its provisioner");
    provisioner.authorize_sign(&call(), &token, &bench.request, Requested::default(), None).await.expect("a grant")
}

/// Instance, `init` and call.
#[divan::bench]
fn e_claims_review(bencher: Bencher<'_, '_>) {
    let bench = &*BENCH;
    let text = bench.client.token();
    let Authorized { identity, grant, bounds, .. } = bench.runtime.block_on(authorize(bench, &text));
    let draft = bench.ca.authority.draft(&bench.request, grant, fixture::now()).expect("a draft");
    let token = Token::parse(&text).expect("a token");
    let checks = bench.ca.policies.of_token(&token).expect("its provisioner").checks();
    bencher.bench_local(|| {
        let question = Question {
            operation: Operation::Sign,
            identity: identity.clone(),
            requested: Requested::default(),
            bounds,
            request: None,
            previous: None,
        };
        bench.runtime.block_on(checks.review(&call(), draft.clone(), question)).is_ok()
    });
}

/// The whole road, one request after the other: each waits for its own flush.
#[divan::bench]
fn f_issuance_alone(bencher: Bencher<'_, '_>) {
    let bench = &*BENCH;
    bencher.with_inputs(|| sign_call(bench)).bench_local_values(|call| {
        bench.runtime.block_on(bench.app.sign(call)).map(drop).expect("a certificate");
    });
}

/// The whole road, eight requests at once: they share flushes.
#[divan::bench(sample_count = 20, sample_size = 4)]
fn g_issuance_eight_at_once(bencher: Bencher<'_, '_>) {
    let bench = &*BENCH;
    let eight = || (0..8).map(|_| sign_call(bench)).collect::<Vec<_>>();
    bencher.counter(8_usize).with_inputs(eight).bench_local_values(|calls| {
        bench.runtime.block_on(async {
            let tasks: Vec<_> = calls
                .into_iter()
                .map(|call| {
                    let app = bench.app.clone();
                    tokio::spawn(async move { app.sign(call).await.map(drop).expect("a certificate") })
                })
                .collect();
            for task in tasks {
                task.await.expect("no panic");
            }
        });
    });
}

fn sign_call(bench: &Bench) -> SignCall {
    SignCall {
        csr: bench.client.csr.clone(),
        token: bench.client.token(),
        not_before: Default::default(),
        not_after: Default::default(),
        template_data: None,
        request_id: RequestId::fresh(),
        peer: None,
    }
}
