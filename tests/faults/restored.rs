//! A store that was set back to yesterday's backup.

use std::{fs, time::Duration};

use step_tests::{Csr, TestCa, body_of_2026};

#[test]
fn the_file_of_a_ca_that_has_ended_is_the_whole_store() {
    let mut ca = TestCa::start();
    ca.issue("a.example");
    ca.stop();
    let alone = tempfile::tempdir().unwrap();
    let file = alone.path().join("copy.sqlite");
    fs::copy(ca.store_path(), &file).unwrap();
    let records = step_tests::Records::read(&file);
    assert_eq!(records.certificates.len(), 2);
}

#[test]
fn after_a_restore_tokens_from_before_are_refused_and_new_ones_are_good() {
    let mut ca = TestCa::start();
    ca.issue("kept.example");
    ca.stop();
    let backup = fs::read(ca.store_path()).unwrap();

    ca.restart();
    let (spent, unspent) = (ca.token("a.example").sign(), ca.token("b.example").sign());
    let send = |ca: &TestCa, name: &str, token: &str| {
        ca.client().post("/sign", &body_of_2026(&Csr::of(name).pem, token, "", ""))
    };
    let _ = send(&ca, "a.example", &spent).expect(201);
    ca.stop();
    fs::write(ca.store_path(), backup).unwrap();
    ca.forget_answered();

    ca.clock().advance(Duration::from_secs(5));
    ca.restart();
    // The store knows neither, so nobody can say which of them was used.
    let _ = send(&ca, "a.example", &spent).expect(401);
    let _ = send(&ca, "b.example", &unspent).expect(401);
    ca.issue("new.example");
    // A start later it is a store like any other, but the tokens from before are still not.
    ca.restart();
    let _ = send(&ca, "a.example", &spent).expect(401);
    ca.issue("newer.example");
}
