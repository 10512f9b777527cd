//! `ca token`: made by whoever knows the password, spent by whoever has it.

use std::os::unix::fs::PermissionsExt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use step_tests::{Csr, PROVISIONER, PROVISIONER_PASSWORD, body_of_2026};

use crate::visitor::Visitor;

fn claims(token: &str) -> Value {
    let claims = token.trim_end().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[test]
fn a_token_says_who_may_have_what_where() {
    let visitor = Visitor::new();
    let outcome = visitor.step("ca token web.example.com --password-file {}/password");
    let kid = visitor.ca.provisioner_key().kid().unwrap();
    assert_eq!(outcome.talk, format!("\u{2714} Key ID: {kid} ({PROVISIONER})\n"));
    let token = outcome.answer();
    let claims = claims(&token);
    assert_eq!(claims["iss"], PROVISIONER);
    assert_eq!(claims["sub"], "web.example.com");
    assert_eq!(claims["sans"], serde_json::json!(["web.example.com"]));
    assert_eq!(claims["aud"], format!("{}/1.0/sign", visitor.ca.url()));
    assert_eq!(claims["sha"], visitor.ca.pki().fingerprint());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);

    // It works for anybody who holds it, once.
    let csr = Csr::of("web.example.com");
    let body = body_of_2026(&csr.pem, token.trim_end(), "", "");
    let _ = visitor.ca.client().post("/sign", &body).expect(201);
    let _ = visitor.ca.client().post("/sign", &body).expect(401);
}

#[test]
fn the_password_is_asked_for_and_must_be_the_right_one() {
    let visitor = Visitor::new();
    visitor.step_and_answer("ca token a.example", &[PROVISIONER_PASSWORD]).answer();
    visitor.step_and_answer("ca token a.example", &["no", "not this either", PROVISIONER_PASSWORD]).answer();
    let error = visitor.step_and_answer("ca token a.example", &["no", "no", "no", "no"]).error();
    assert!(error.contains("invalid password"), "{error}");
    let error = visitor.step("ca token a.example").error();
    assert!(error.contains("Please enter the password to decrypt the provisioner key"), "{error}");
    visitor.user.write("wrong", "wrong");
    let error = visitor.step("ca token a.example --password-file {}/wrong").error();
    assert!(error.contains("invalid password"), "{error}");
}

#[test]
fn a_provisioner_is_chosen_by_key_or_name() {
    let visitor = Visitor::new();
    let kid = visitor.ca.provisioner_key().kid().unwrap().to_owned();
    visitor.step(&format!("ca token a --kid {kid} --password-file {{}}/password")).answer();
    visitor.step(&format!("ca token a --provisioner {PROVISIONER} --password-file {{}}/password")).answer();
    visitor.step(&format!("ca token a --issuer {PROVISIONER} --password-file {{}}/password")).answer();
    let error = visitor.step("ca token a --kid nothing --password-file {}/password").error();
    assert!(error.contains("invalid value 'nothing' for flag '--kid'"), "{error}");
    let error = visitor.step("ca token a --provisioner nobody --password-file {}/password").error();
    assert!(error.contains("invalid value 'nobody'"), "{error}");
}

#[test]
fn a_token_goes_into_a_file_without_a_line_end_and_for_its_owner_alone() {
    let visitor = Visitor::new();
    let outcome = visitor.step("ca token a.example --password-file {}/password --output-file {}/token");
    assert_eq!(outcome.answer(), "");
    let token = visitor.user.read("token");
    assert!(!token.ends_with('\n') && token.split('.').count() == 3);
    assert_eq!(visitor.user.path("token").metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_key_itself_works_without_asking_the_ca() {
    let visitor = Visitor::new();
    let kid = visitor.ca.provisioner_key().kid().unwrap().to_owned();
    visitor.user.write("key.jwk", visitor.ca.provisioner_key().to_private_json().unwrap().as_bytes());
    let line = format!("ca token a.example --offline --kid {kid} --issuer {PROVISIONER} --key {{}}/key.jwk");
    let token = visitor.step(&line).answer();
    let body = body_of_2026(&Csr::of("a.example").pem, token.trim_end(), "", "");
    let _ = visitor.ca.client().post("/sign", &body).expect(201);
}

#[test]
fn a_token_for_one_request_is_good_for_no_other() {
    let visitor = Visitor::new();
    let csr = Csr::of("a.example");
    visitor.user.write("a.csr", &csr.pem);
    let token = visitor.step("ca token a.example --cnf-file {}/a.csr --password-file {}/password").answer();
    let send = |csr: &Csr| visitor.ca.client().post("/sign", &body_of_2026(&csr.pem, token.trim_end(), "", ""));
    let _ = send(&Csr::of("a.example")).expect(403);
    let _ = send(&csr).expect(201);
}

#[test]
fn a_life_that_no_ca_accepts_is_refused_before_the_password_is_asked_for() {
    let visitor = Visitor::new();
    for (flags, text) in [
        ("--not-after 61m", "requested token validity is too long"),
        ("--not-after 5s", "requested token validity is too short"),
        ("--not-before 31m", "requested validity delay is too long"),
        ("--not-before 10m --not-after 5m", "nbf < exp"),
    ] {
        let error = visitor.step(&format!("ca token a.example {flags}")).error();
        assert!(error.contains(text), "{flags}: {error}");
    }
}
