//! What policies reach beyond their arguments: granted, counted, and refused where it is not granted.

use jose::Jwk;
use serde_json::{Value, json};
use step_ca::audit::Outcome;
use step_tests::{Second, TestCa, Token, Web};

use crate::stand::{ask, guarded};

const WEBHOOK: &[u8] = include_bytes!("../../policies/dist/webhook.wasm");
const JWKS: &[u8] = include_bytes!("../../policies/dist/jwks.wasm");

fn grant(web: &Web, path: &str, method: &str) -> Value {
    json!({"http": [{
        "url": web.url(path), "methods": [method], "roots": web.roots(), "allowPrivateNetworks": true,
        "headers": {"Authorization": "Bearer s3cret"}
    }]})
}

/// A CA whose second provisioner asks this server about every certificate.
fn with_webhook(web: &Web, grants: Value) -> Result<(TestCa, Second), String> {
    let provisioner = Second::new("guarded@example.com");
    let members = json!({"settings": {"url": web.url("/approve")}, "grants": grants});
    let builder = TestCa::build().module_with("webhook", WEBHOOK, members);
    let ca = builder.provisioner(guarded(&provisioner, &["webhook"])).try_start()?;
    Ok((ca, provisioner))
}

#[test]
fn another_server_says_who_gets_a_certificate() {
    let web = Web::start(|request| match request.contains(r#""names":["a.example","b.example"]"#) {
        true => (200, r#"{"allow": true}"#.to_owned()),
        false => (200, r#"{"allow": false, "message": "ask Ada first"}"#.to_owned()),
    });
    let (ca, provisioner) = with_webhook(&web, grant(&web, "/approve", "POST")).unwrap();
    let _ = ask(&ca, &provisioner).expect(201);
    let token = ca.token_of(provisioner.name, &provisioner.key, "c.example");
    let refused = ca.try_token(&token, "c.example").expect(403);
    assert!(refused.text().contains("ask Ada first"), "{}", refused.text());
    assert_eq!(refused.problem().reasons[0].rule, "webhook.refused");
    let requests = web.requests();
    assert_eq!(requests.len(), 2, "each certificate was asked about once");
    assert!(requests.iter().all(|request| request.contains("Bearer s3cret") && request.starts_with("POST /approve ")));
    // Whoever is not asked about by this policy is nobody's business.
    ca.issue("neighbour.example");
    assert_eq!(web.requests().len(), 2);
}

#[test]
fn a_server_that_says_nothing_has_allowed_nothing() {
    let web = Web::start(|_| (500, r#"{"allow": true}"#.to_owned()));
    let (mut ca, provisioner) = with_webhook(&web, grant(&web, "/approve", "POST")).unwrap();
    let refused = ask(&ca, &provisioner).expect(403);
    assert_eq!(refused.problem().reasons[0].rule, "webhook.no-answer");
    drop(web);
    assert_eq!(ask(&ca, &provisioner).expect(403).problem().reasons[0].rule, "webhook.no-answer");
    ca.stop();
    let records = ca.records();
    assert_eq!(records.with(Outcome::Refused).count(), 2);
    assert_eq!(records.spent, 0);
}

#[test]
fn a_server_of_this_machine_is_not_asked_unless_that_is_granted() {
    let web = Web::start(|_| (200, r#"{"allow": true}"#.to_owned()));
    let near = json!({"http": [{"url": web.url("/approve"), "methods": ["POST"], "roots": web.roots()}]});
    let elsewhere = grant(&web, "/approvals", "POST");
    let other_method = grant(&web, "/approve", "GET");
    for grants in [near, elsewhere, other_method] {
        let (ca, provisioner) = with_webhook(&web, grants).unwrap();
        assert_eq!(ask(&ca, &provisioner).expect(403).problem().reasons[0].rule, "webhook.no-answer");
    }
    assert_eq!(web.requests().len(), 0);
}

/// The tokens of an issuer with one key.
fn token(ca: &TestCa, key: &Jwk, subject: &str) -> Token {
    Token::new(key, "https://idp.example.com", subject, "step-ca", ca.now()).without("sans")
}

#[test]
fn the_keys_of_an_issuer_are_fetched_once_and_decide() {
    let key = Jwk::generate_ec_p256().unwrap().with_kid("k1");
    let set = format!(r#"{{"keys":[{}]}}"#, key.public().to_json());
    let web = Web::start(move |_| (200, set.clone()));
    let settings = json!({"issuer": "https://idp.example.com", "keys": web.url("/keys"), "audience": "step-ca"});
    let members = json!({"settings": settings, "grants": grant(&web, "/keys", "GET")});
    let ca = TestCa::build()
        .module_with("idp", JWKS, members)
        .provisioner(json!({"type": "OIDC", "name": "idp", "policy": "idp"}))
        .start();
    for name in ["a.example", "b.example", "c.example"] {
        let _ = ca.try_token(&token(&ca, &key, name), name).expect(201);
    }
    let stranger = Jwk::generate_ec_p256().unwrap().with_kid("k1");
    let _ = ca.try_token(&token(&ca, &stranger, "d.example"), "d.example").expect(401);
    let _ = ca.try_token(&token(&ca, &key, "a.example"), "e.example").expect(403);
    let used = token(&ca, &key, "f.example");
    let _ = ca.try_token(&used, "f.example").expect(201);
    let _ = ca.try_token(&used, "f.example").expect(401);
    assert_eq!(web.requests().len(), 1);
}

#[test]
fn an_operator_is_shown_what_each_module_is_granted() {
    let web = Web::start(|_| (200, r#"{"allow": true}"#.to_owned()));
    let mut grants = grant(&web, "/approve", "POST");
    grants["kv"] = json!({"maxBytes": 4096});
    let (ca, _) = with_webhook(&web, grants).unwrap();
    let (config, _) = step_ca::config::Config::load(&ca.step_path().ca_json()).unwrap();
    let overview = ca.app().snapshot().policies.overview(&config);
    let (_, guarded) = overview.split_once("guarded@example.com\n").unwrap();
    let lines: Vec<&str> = guarded.lines().collect();
    let digest = step_ca::audit::Digest::of(&[WEBHOOK]);
    assert!(lines[0].starts_with("  builtin:jwk sha256:") && lines[1].starts_with("  builtin:claims sha256:"));
    let granted = format!("granted: POST {} on any network, kv of 4096 octets", web.url("/approve"));
    assert_eq!(lines[2], format!("  webhook sha256:{digest}; {granted}"));
    assert!(!overview.contains("s3cret"));
}
