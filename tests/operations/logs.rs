//! What is logged, how often, and that nobody waits for a log.

use std::{io::Write, net::TcpStream};

use serde_json::json;
use step_tests::{Csr, TestCa, body_of_2026};

use crate::child::Process;

/// A CA with a request log and the system's clock, since its process has no other; stopped.
fn prepared() -> TestCa {
    let log = json!({"format": "json"});
    let mut ca = TestCa::build().system_clock().configure(|ca_json| ca_json["logger"] = log).start();
    ca.stop();
    ca.let_others_in();
    ca
}

/// Sends what no TLS client sends.
fn stumble(process: &Process) {
    TcpStream::connect(process.address).unwrap().write_all(b"hello, hello, hello\r\n").unwrap();
}

#[test]
fn a_log_that_nobody_reads_costs_lines_and_holds_nobody_up() {
    let ca = prepared();
    let mut process = Process::start(ca.step_path().base(), "info,h2=trace,hyper=trace");
    let client = ca.client_at(process.address);
    // Much more than the pipe and the queue hold.
    for _ in 0..1_500 {
        client.get("/health").expect(200);
    }
    let body = body_of_2026(&Csr::of("a.example").pem, &ca.token("a.example").sign(), "", "");
    client.post("/sign", &body).expect(201);
    process.read_to("log lines were dropped: their reader is too slow");
    drop(process);
}

#[test]
fn a_refusal_is_logged_once_and_with_the_id_the_client_was_told() {
    let ca = prepared();
    let mut process = Process::start(ca.step_path().base(), "info");
    let client = ca.client_at(process.address);
    let body = body_of_2026(&Csr::of("a.example").pem, "no.to.ken", "", "");
    let refused = client.post("/sign", &body).expect(401);
    let id = refused.header("x-request-id").to_owned();
    client.send(client.request(reqwest::Method::GET, "/health").header("x-request-id", "the-last-request"));
    let mut lines = process.read_to("the-last-request");
    // The two logs have queues of their own; this line of the program's is behind every other.
    stumble(&process);
    lines.extend(process.read_to("TLS handshake error from"));
    let about_it: Vec<_> = lines.iter().filter(|line| line.contains(&id)).collect();
    let [line] = about_it[..] else { panic!("{about_it:?}") };
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["request-id"], &line["status"], &line["level"]), (&json!(id), &json!(401), &json!("warning")));
    assert!(line["error"].as_str().unwrap().starts_with("authorize: "), "{line}");
}

#[test]
fn a_failed_handshake_is_logged_with_its_peer_and_its_reason() {
    let ca = prepared();
    let mut process = Process::start(ca.step_path().base(), "info");
    stumble(&process);
    let lines = process.read_to("http: TLS handshake error from 127.0.0.1:");
    let (_, reason) = lines.last().unwrap().rsplit_once(": ").unwrap();
    assert!(!reason.is_empty(), "{lines:?}");
}
