//! Other authorities beside this one: each in turn under the same load, on the same two cores, in one session.
//!
//! Who is named by the environment takes part: `STEP_BENCH_STEP_CA` is a `step-ca` of upstream, which gets the same
//! tokens and keeps its records on the same disk, `STEP_BENCH_CFSSL` a `cfssl`, which looks at no token and keeps
//! nothing.
//!
//! `cargo bench -p step-ca --bench peers -- [seconds] [clients] [rounds]`

mod fixture;

use fixture::{Client, Files, Load, Reference, Server, Target};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::RootCertStore;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

fn main() {
    if fixture::served() {
        return;
    }
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let time = Duration::from_secs(numbers.first().copied().unwrap_or(3).clamp(1, 60));
    let clients = numbers.get(1).copied().unwrap_or(8).clamp(1, 64);
    let rounds = numbers.get(2).copied().unwrap_or(3).clamp(1, 20);
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let files = Files::make();
    let ours = Server::ours(&files);
    let mut peers = vec![("this CA", files.target(ours.address), ours)];
    let (files_of_upstream, files_of_cfssl) = (Files::make(), Files::make());
    if let Some(program) = named("STEP_BENCH_STEP_CA") {
        let (target, server) = upstream(&program, &files_of_upstream);
        peers.push(("step-ca of upstream", target, server));
    }
    if let Some(program) = named("STEP_BENCH_CFSSL") {
        let (target, server) = cfssl(&program, &files_of_cfssl);
        peers.push(("cfssl", target, server));
    }
    for _ in 0..rounds {
        for (what, is_kept) in [("kept connections", true), ("a new connection each", false)] {
            for (name, target, server) in &peers {
                let (load, reference) = (Load { clients, time, is_kept }, Reference::measure());
                let before = fixture::cpu_seconds(server.id());
                let run = load.run(target);
                let cpu = fixture::cpu_seconds(server.id()) - before;
                run.report(&format!("{name}, {what}"), load, cpu, &reference);
            }
        }
    }
}

/// Upstream reads the `ca.json` we write; it is given a port and a place for its records.
fn upstream(program: &Path, files: &Files) -> (Target, Server) {
    let address = fixture::free_address();
    let text = fs::read_to_string(files.path.ca_json()).expect("ca.json");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["address"] = json!(address.to_string());
    config["db"] = json!({ "type": "badgerv2", "dataSource": files.folder().join("upstream") });
    fs::write(files.path.ca_json(), config.to_string()).expect("to write");
    let password = files.folder().join("password");
    fs::write(&password, fixture::PASSWORD).expect("to write");
    let (password, config) = (text_of(&password), text_of(&files.path.ca_json()));
    let server = Server::theirs(program, &["--password-file", &password, &config], address);
    (files.target(address), server)
}

/// A CA made for it, with a certificate for its listener.
fn cfssl(program: &Path, files: &Files) -> (Target, Server) {
    let address = fixture::free_address();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "Bench");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate().expect("a key");
    let root = parameters.self_signed(&key).expect("a root");
    let write = |name: &str, text: String| {
        let path = files.folder().join(name);
        fs::write(&path, text).expect("to write");
        text_of(&path)
    };
    let (ca, ca_key) = (write("cfssl.crt", root.pem()), write("cfssl.key", key.serialize_pem()));
    let listener_key = KeyPair::generate().expect("a key");
    let listener = CertificateParams::new([address.ip().to_string()]).expect("a name");
    let listener = listener.signed_by(&listener_key, &Issuer::new(parameters, key)).expect("a certificate");
    let (shown, shown_key) =
        (write("listener.crt", listener.pem()), write("listener.key", listener_key.serialize_pem()));
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let arguments = [
        "serve",
        "-address",
        &host,
        "-port",
        &port,
        "-ca",
        &ca,
        "-ca-key",
        &ca_key,
        "-tls-cert",
        &shown,
        "-tls-key",
        &shown_key,
        "-loglevel",
        "4",
    ];
    let server = Server::theirs(program, &arguments, address);
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).expect("a root");
    let csr = Client::new(&files.path).csr;
    let body = Arc::new(move || json!({ "certificate_request": csr }).to_string());
    (Target { address, roots, path: "/api/v1/cfssl/sign", body }, server)
}

fn text_of(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}
