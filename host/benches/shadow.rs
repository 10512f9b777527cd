//! What a policy in shadow costs whoever waits for a certificate: two CAs, one with such a policy and one without, asked in
//! turn.
//!
//! `cargo bench -p step-ca --bench shadow -- 4000`: certificates of each.

mod fixture;

use std::{fs, path::Path, sync::Arc, time::Instant};

use fixture::{Client, Files};
use serde_json::{Value, json};
use step_ca::{
    app::{App, Ca},
    routes::{RequestId, Service, SignCall},
};
use tokio::runtime::Runtime;

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(2_000);
    let runtime = Runtime::new().expect("a runtime");
    let mut sides = [Side::start(&runtime, false), Side::start(&runtime, true)];
    // Whichever goes first, it is the other one's turn next.
    for round in 0..count {
        let first = round % 2;
        sides[first].issue(&runtime);
        sides[1 - first].issue(&runtime);
    }
    for (side, name) in sides.iter_mut().zip(["without", "with one in shadow"]) {
        side.micros.sort_unstable();
        let at = |permille: usize| side.micros[side.micros.len() * permille / 1_000];
        println!("{name:>20}: p50 {} µs, p99 {} µs, p99.9 {} µs", at(500), at(990), at(999));
    }
}

/// A CA, and how long each certificate took.
struct Side {
    client: Client,
    app: Arc<App>,
    micros: Vec<u128>,
    _ca: Ca,
    _files: Files,
}

impl Side {
    fn start(runtime: &Runtime, in_shadow: bool) -> Self {
        let files = Files::make();
        if in_shadow {
            add_policy(&files.path.ca_json());
        }
        let client = Client::new(&files.path);
        let ca = runtime.block_on(fixture::start(&files.path));
        Self { client, app: ca.app().clone(), micros: Vec::new(), _ca: ca, _files: files }
    }

    fn issue(&mut self, runtime: &Runtime) {
        let call = SignCall {
            csr: self.client.csr.clone(),
            token: self.client.token(),
            not_before: Default::default(),
            not_after: Default::default(),
            template_data: None,
            request_id: RequestId::fresh(),
            peer: None,
        };
        let started = Instant::now();
        runtime.block_on(self.app.sign(call)).map(drop).expect("a certificate");
        self.micros.push(started.elapsed().as_micros());
    }
}

/// One of the gallery, which allows what is asked for.
fn add_policy(path: &Path) {
    let module = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/dist/gallery/max-names.wasm");
    let module = fs::canonicalize(module).expect("the gallery");
    let mut config: Value = serde_json::from_str(&fs::read_to_string(path).expect("ca.json")).expect("JSON");
    config["policies"] = json!({ "names": { "path": module, "mode": "shadow" } });
    config["authority"]["provisioners"][0]["policies"] = json!(["names"]);
    fs::write(path, config.to_string()).expect("a file that can be written");
}
