//! A disk that fails in the middle: nothing is believed, and the CA comes back by itself.

use serde_json::json;
use step_tests::{Csr, TestCa, body_of_2026};

use crate::child::Process;

#[test]
fn a_commit_that_fails_is_no_answer_and_the_ca_recovers() {
    let mut ca = TestCa::build().system_clock().start();
    ca.let_others_in();
    ca.stop();
    let process = Process::start(ca.step_path().base(), Some("store::commit_fails=1*return"));
    let client = ca.client_at(process.address);
    let (lost, next) = (ca.token("lost.example").sign(), ca.token("next.example").sign());
    let send = |name: &str, token: &str| client.post("/sign", &body_of_2026(&Csr::of(name).pem, token, "", ""));

    let answer = send("lost.example", &lost).expect(503);
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(!answer.message().contains("disk") && !answer.message().contains("store"), "{}", answer.message());
    // Until it has read its store again it says so, and issues nothing.
    let mut not_ready = 0;
    while client.get("/ready").status != 200 {
        not_ready += 1;
        assert!(not_ready < 100_000, "the CA never recovers");
    }
    assert_eq!(client.get("/health").status, 200);
    let _ = send("next.example", &next).expect(201);
    // The transaction did not happen, so this token is as good as new.
    let _ = send("lost.example", &lost).expect(201);
    let _ = send("lost.example", &lost).expect(401);
    process.kill();
    ca.restart();
    let records = ca.records();
    assert_eq!(records.certificates.iter().filter(|record| record.subject == "lost.example").count(), 1);
}

#[test]
fn an_audit_file_that_cannot_be_written_stops_the_ca_until_it_can() {
    let mut ca =
        TestCa::build().system_clock().configure(|ca_json| ca_json["audit"] = json!({"file": "audit.log"})).start();
    ca.let_others_in();
    ca.stop();
    let process = Process::start(ca.step_path().base(), Some("audit::append_fails=1*return"));
    let client = ca.client_at(process.address);
    let (lost, next) = (ca.token("lost.example").sign(), ca.token("next.example").sign());
    let send = |name: &str, token: &str| client.post("/sign", &body_of_2026(&Csr::of(name).pem, token, "", ""));

    let answer = send("lost.example", &lost).expect(503);
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    let mut not_ready = 0;
    while client.get("/ready").status != 200 {
        not_ready += 1;
        assert!(not_ready < 100_000, "the CA never recovers");
    }
    let _ = send("next.example", &next).expect(201);
    // It was recorded before the file failed, and nobody was given the certificate: the token is spent.
    let _ = send("lost.example", &lost).expect(401);
    process.kill();
    ca.restart();
    let lines = std::fs::read_to_string(ca.step_path().ca_json().with_file_name("audit.log")).unwrap();
    for name in ["lost.example", "next.example"] {
        assert!(lines.contains(name), "what was decided is in the file, whoever was told");
    }
}
