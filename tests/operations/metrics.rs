//! `/metrics`, on a listener of its own.

use std::{io::Write, net::TcpStream};

use serde_json::json;
use step_tests::{Csr, TestCa, body_of_2026};

use crate::exposition::{self, Exposition};

fn metered() -> TestCa {
    TestCa::build()
        .configure(|ca_json| {
            ca_json["metrics"] = json!({"address": "127.0.0.1:0"});
            ca_json["crl"] = json!({"enabled": true});
        })
        .start()
}

/// What a scraper is told.
#[track_caller]
fn scrape(ca: &TestCa) -> Exposition {
    let answer = ca.ask_metrics("/metrics").expect(200);
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"), "{:?}", answer.headers);
    exposition::parse(&answer.text()).unwrap()
}

const SIGNED: &str = r#"step_ca_x509_signed{provisioner="admin@example.com",success="true"}"#;

#[test]
fn every_part_of_an_issuance_is_counted_and_measured() {
    let ca = metered();
    assert_eq!(scrape(&ca).value(SIGNED), 0.0, "what is for the CA itself is nobody's request");
    let token = ca.token("a.example");
    ca.try_token(&token, "a.example").expect(201);
    ca.try_token(&token, "a.example").expect(401);
    ca.try_token(&ca.token("b.example"), "c.example").expect(403);
    ca.sign(&Csr::of("a.example"), "no.to.ken").expect(401);
    let leaf = ca.issue("d.example");
    ca.client_with(leaf.identity()).post("/renew", &json!({})).expect(201);

    let seen = scrape(&ca);
    for (series, value) in [
        (SIGNED, 2.0),
        (r#"step_ca_x509_signed{provisioner="admin@example.com",success="false"}"#, 2.0),
        (r#"step_ca_x509_signed{provisioner="",success="false"}"#, 1.0),
        (r#"step_ca_x509_renewed{provisioner="admin@example.com",success="true"}"#, 1.0),
        (r#"step_ca_denied_total{operation="sign",reason="replay",rule=""}"#, 1.0),
        (r#"step_ca_denied_total{operation="sign",reason="credential",rule=""}"#, 1.0),
        (r#"step_ca_denied_total{operation="sign",reason="draft",rule=""}"#, 1.0),
        (r#"step_ca_operation_seconds_count{operation="sign"}"#, 5.0),
        (r#"step_ca_operation_seconds_count{operation="renew"}"#, 1.0),
        (r#"step_ca_policy_calls_total{outcome="allowed",policy="builtin:jwk"}"#, 5.0),
    ] {
        assert_eq!(seen.value(series), value, "{series}");
    }
    for phase in ["authorize", "draft", "review", "sign", "record"] {
        // The CA's own certificate walks the same road.
        assert!(seen.value(&format!("step_ca_phase_seconds_count{{phase=\"{phase}\"}}")) >= 4.0, "{phase}");
    }
    assert!(seen.value(r#"step_ca_policy_fuel_sum{policy="builtin:claims"}"#) > 0.0);
    assert!(seen.value("step_ca_store_flush_seconds_count") >= 4.0);
    assert_eq!(seen.value("step_ca_store_queue"), 0.0);
    assert!(seen.value(r#"step_ca_tls_handshakes_total{outcome="ok"}"#) >= 2.0);
    assert!(seen.value("step_ca_connections") >= 1.0);
}

#[test]
fn the_ends_of_things_and_the_state_of_the_ca_are_shown() {
    let ca = metered();
    ca.client().get("/crl").expect(200);
    let seen = scrape(&ca);
    let now = ca.now().as_unix() as f64;
    assert_eq!(seen.value("step_ca_clock_timestamp_seconds"), now);
    assert!(seen.value("step_ca_own_certificate_not_after_timestamp_seconds") > now);
    assert!(seen.value("step_ca_issuer_not_after_timestamp_seconds") > now);
    assert_eq!(seen.value("step_ca_crl_this_update_timestamp_seconds"), now);
    assert!(seen.value("step_ca_crl_number") > 0.0);
    for series in ["step_ca_ready", "step_ca_store_ready", "step_ca_clock_trusted"] {
        assert_eq!(seen.value(series), 1.0, "{series}");
    }
    assert_eq!(seen.value(&format!("step_ca_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    for outcome in ["good", "bad"] {
        assert_eq!(seen.value(&format!("step_ca_reloads_total{{outcome=\"{outcome}\"}}")), 0.0);
    }
}

#[test]
fn a_handshake_that_fails_is_counted_under_its_reason() {
    let ca = metered();
    TcpStream::connect(ca.address()).unwrap().write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let series = r#"step_ca_tls_handshakes_total{outcome="protocol"}"#;
    // It is counted when the CA has looked at it; a test that waits for ever has failed.
    while !scrape(&ca).names().contains(&series) {
        std::thread::yield_now();
    }
    assert_eq!(scrape(&ca).value(series), 1.0);
}

#[test]
fn names_serial_numbers_and_peers_are_in_no_label() {
    let ca = metered();
    let leaf = ca.issue("secret-name.example");
    ca.try_token(&ca.token("other-name.example"), "secret-name.example").expect(403);
    let text = ca.ask_metrics("/metrics").expect(200).text();
    let serial_number = leaf.certificate().serial_number().to_string();
    for secret in ["secret-name", "other-name", "127.0.0.1", serial_number.as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn the_metrics_listener_issues_nothing_and_the_ca_shows_no_metrics() {
    let ca = metered();
    let body = body_of_2026(&Csr::of("a.example").pem, &ca.token("a.example").sign(), "", "");
    let (client, address) = (ca.client(), ca.metrics_address().unwrap());
    let request = client.request_in_clear(reqwest::Method::POST, address, "/sign").body(body.to_string());
    assert_eq!(client.send(request).status, 404);
    assert_eq!(ca.ask_metrics("/roots").expect(404).problem().status, 404);
    ca.client().get("/metrics").expect(404);
}

#[test]
fn without_the_member_there_is_no_listener() {
    assert_eq!(TestCa::start().metrics_address(), None);
}
