//! Decisions on record, made again: to the last word by the rules of then, and by others.

use std::{fs, path::Path, time::Duration};

use policy_runtime::contract::types::{Denial, DenialKind, Reason};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use step_ca::{
    audit::{Entry, Outcome},
    config::Config,
    replay::{Change, Comparison, Exchange, Explanation, Replay, ReplayError, Verdict},
    store::Reader,
};
use step_tests::{Csr, Leaf, TestCa, Token, body_of_2026, fixed, twin};

use crate::revoke::{revoke, token as revocation_token};

/// Reads the records of a CA, whether or not it runs, with its `ca.json` as it is now.
fn replay<T>(ca: &TestCa, work: impl AsyncFnOnce(Replay) -> T) -> T {
    let (config, _) = Config::load(&ca.step_path().ca_json()).unwrap();
    let cache = ca.step_path().base().join("cache").join("wasm");
    let store = ca.store_path();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { work(Replay::open(&store, config, &cache).await.unwrap()).await })
}

fn explain(ca: &TestCa, id: &str) -> Result<Explanation, ReplayError> {
    replay(ca, async |replay| replay.explain(id, &[]).await)
}

fn over(ca: &TestCa, exchanges: &[Exchange]) -> Comparison {
    replay(ca, async |replay| replay.over(None, None, exchanges).await.unwrap())
}

/// Has a check asked about every certificate, beside the claims.
fn with_check(ca_json: &mut Value) {
    ca_json["authority"]["policies"] = json!(["corp"]);
}

fn denial() -> Denial {
    let reason = Reason {
        rule: "corp.names".into(),
        message: "not ours".into(),
        field: None,
        got: None,
        want: None,
        hint: None,
    };
    Denial {
        kind: DenialKind::Forbidden,
        message: "these names are not ours".into(),
        reasons: vec![reason],
        public_message: None,
        details: Vec::new(),
    }
}

fn renew(ca: &TestCa, leaf: &Leaf) {
    let client = ca.client_with(leaf.identity());
    let _ = client.send(client.request(Method::POST, "/renew")).expect(201);
}

/// Makes decisions of every kind, granted and refused.
fn live(ca: &TestCa) {
    let leaf = ca.issue("web.example.com");
    renew(ca, &leaf);
    let client = ca.client_with(leaf.identity());
    let _ = client.post("/rekey", &json!({"csr": Csr::of("web.example.com").pem})).expect(201);
    let token = ca.token("spent.example.com");
    let _ = ca.try_token(&token, "spent.example.com").expect(201);
    let _ = ca.try_token(&token, "spent.example.com").expect(401);
    let _ = ca.try_token(&ca.token("one.example.com"), "other.example.com").expect(403);
    let late = ca.token("late.example.com").claim("exp", 1_000);
    let _ = ca.try_token(&late, "late.example.com").expect(401);
    let forged = ca.token("forged.example.com").sign();
    let (input, _) = forged.rsplit_once('.').unwrap();
    let _ = ca.sign(&Csr::of("forged.example.com"), &format!("{input}.{}", "A".repeat(86))).expect(401);
    let long = body_of_2026(&Csr::of("long.example.com").pem, &ca.token("long.example.com").sign(), "", "8760h");
    let _ = ca.client().post("/sign", &long).expect(403);
    revoke(ca, &leaf);
    let _ = client.send(client.request(Method::POST, "/renew")).expect(401);
    let serial = leaf.certificate().serial_number().to_string();
    let of_another = revocation_token(ca, "12345").sign();
    let body = json!({"serial": serial, "ott": of_another, "reasonCode": 1, "reason": "", "passive": true});
    let _ = ca.client().post("/1.0/revoke", &body).expect(403);
}

#[test]
fn every_decision_is_made_again_to_the_last_word() {
    let mut ca = TestCa::start();
    live(&ca);
    ca.stop();
    let audit: Vec<Entry> = ca.records().audit;
    let stories = replay(&ca, async |replay| {
        let mut stories = Vec::new();
        for entry in &audit {
            stories.push(replay.explain(&entry.id, &[]).await);
        }
        stories
    });
    let (mut granted, mut refused) = (0, 0);
    for (entry, story) in audit.iter().zip(stories) {
        let story = story.unwrap_or_else(|error| panic!("{}: {error}", entry.line(0)));
        assert!(story.agrees(), "{}\n{:#?}\n{:#?}", entry.line(0), story.differences, story.verdict);
        match entry.outcome {
            Outcome::Issued | Outcome::Revoked => granted += 1,
            _ => refused += 1,
        }
    }
    assert!(granted >= 5 && refused >= 7, "{granted} granted, {refused} refused");
    let comparison = over(&ca, &[]);
    assert!(comparison.is_same(), "{comparison:#?}");
    assert_eq!(comparison.decisions, audit.len() as u64);
}

#[test]
fn the_decision_that_a_certificate_names_is_explained_with_the_same_draft() {
    let oid = "1.3.6.1.4.1.32473.1.2";
    let mut ca = TestCa::build()
        .configure(move |ca_json| ca_json["authority"]["provenance"] = json!({"oid": oid}))
        .module("corp", &fixed::check(&Ok(vec![])))
        .configure(with_check)
        .start();
    let leaf = ca.issue("web.example.com");
    ca.stop();
    let records = ca.records();
    let serial = Some(*leaf.certificate().serial_number());
    let id = &records.audit.iter().find(|entry| entry.serial_number == serial).unwrap().id;
    let mut extensions = leaf.certificate().extensions().iter();
    let stated = extensions.find(|extension| extension.oid.to_string() == oid).unwrap();
    assert!(stated.value.windows(id.len()).any(|octets| octets == id.as_bytes()));
    let story = explain(&ca, id).unwrap();
    assert!(story.agrees(), "{:?}", story.differences);
}

#[test]
fn the_story_names_every_question_with_its_answer_and_what_it_cost() {
    let mut ca = TestCa::start();
    let _ = ca.issue("web.example.com");
    ca.stop();
    let records = ca.records();
    let entry = records.with(Outcome::Issued).find(|entry| entry.provisioner.is_some()).unwrap();
    let story = explain(&ca, &entry.id).unwrap();
    let asked: Vec<(&str, &str)> = story.steps.iter().map(|step| (step.policy.as_str(), step.function)).collect();
    assert_eq!(asked, [("builtin:jwk", "authorize-sign"), ("builtin:claims", "review")]);
    assert!(story.steps.iter().all(|step| step.fuel > 0 && step.sha256.is_some()));
    assert_eq!(story.steps[0].asked, ["jose.verify"]);
    assert_eq!(story.steps[0].answer["grant"]["subject"], "web.example.com");
    assert!(story.steps[1].answer["edits"].as_array().is_some_and(|edits| !edits.is_empty()));
    assert_eq!(story.certificate.unwrap().names, ["web.example.com"]);
    let again = explain(&ca, &entry.id).unwrap();
    assert_eq!(again.steps[0].fuel, story.steps[0].fuel, "the same every time");
}

#[test]
fn no_token_that_could_be_used_is_kept() {
    let mut ca = TestCa::start();
    let token = ca.token("web.example.com").sign();
    let _ = ca.sign(&Csr::of("web.example.com"), &token).expect(201);
    let refused = ca.token("one.example.com").sign();
    let _ = ca.sign(&Csr::of("other.example.com"), &refused).expect(403);
    ca.stop();
    let database = Connection::open(ca.store_path()).unwrap();
    let mut select = database.prepare("SELECT token FROM decisions WHERE token IS NOT NULL").unwrap();
    let kept: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(kept.len(), 2);
    let octets = fs::read(ca.store_path()).unwrap();
    for token in [&token, &refused] {
        let (input, signature) = token.rsplit_once('.').unwrap();
        assert!(kept.iter().any(|kept| kept == input));
        assert!(!octets.windows(signature.len()).any(|window| window == signature.as_bytes()));
        assert_ne!(twin(token), *token, "a signature has another form, which is not kept either");
    }
    let configurations: Vec<String> = {
        let mut select = database.prepare("SELECT text FROM configurations").unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(!configurations.is_empty() && configurations.iter().all(|text| !text.contains("encryptedKey")));
}

#[test]
fn other_rules_show_the_certificates_they_would_have_cost() {
    let mut ca = TestCa::build().module("corp", &fixed::check(&Ok(Vec::new()))).configure(with_check).start();
    let (leaf, _) = (ca.issue("a.example.com"), ca.issue("b.example.com"));
    renew(&ca, &leaf);
    let _ = ca.try_token(&ca.token("one.example.com"), "other.example.com").expect(403);
    ca.stop();
    assert!(over(&ca, &[]).is_same());
    let strict = ca.step_path().base().join("strict.wasm");
    fs::write(&strict, fixed::check(&Err(denial()))).unwrap();
    let comparison = over(&ca, &[Exchange { policy: "corp".into(), path: strict }]);
    assert_eq!((comparison.allow_to_deny, comparison.deny_to_allow, comparison.unknown), (3, 0, 0));
    assert_eq!(comparison.same + 3, comparison.decisions, "the CA's own certificates are nobody's to refuse");
    let serials: Vec<String> =
        ca.records().with(Outcome::Issued).filter(|entry| entry.provisioner.is_some()).filter_map(serial).collect();
    let changed: Vec<String> = comparison.changes.iter().filter_map(|changed| changed.serial_number.clone()).collect();
    assert_eq!(changed, serials);
    assert_eq!(comparison.changes[1].names, ["b.example.com"]);
    let Verdict::Deny { rule, message } = &comparison.changes[0].after else { panic!("{comparison:#?}") };
    assert_eq!((rule.as_deref(), message.as_str()), (Some("corp.names"), "corp: these names are not ours"));
}

fn serial(entry: &Entry) -> Option<String> {
    entry.serial_number.as_ref().map(ToString::to_string)
}

#[test]
fn milder_claims_show_what_they_would_have_allowed() {
    let mut ca = TestCa::start();
    let long = body_of_2026(&Csr::of("long.example.com").pem, &ca.token("long.example.com").sign(), "", "48h");
    let _ = ca.client().post("/sign", &long).expect(403);
    ca.stop();
    ca.configure(|ca_json| ca_json["authority"]["claims"] = json!({"maxTLSCertDuration": "72h"}));
    let comparison = over(&ca, &[]);
    let [changed] = &comparison.changes[..] else { panic!("{comparison:#?}") };
    assert_eq!((changed.change, comparison.deny_to_allow), (Change::DenyToAllow, 1));
    assert_eq!(changed.names, ["long.example.com"]);
    // The decision itself is explained by the rules of then, which the store has kept.
    let story = explain(&ca, &changed.id).unwrap();
    assert!(story.agrees(), "{story:#?}");
}

#[test]
fn a_module_that_was_exchanged_since_is_noticed() {
    let mut ca = TestCa::build().module("corp", &fixed::check(&Ok(Vec::new()))).configure(with_check).start();
    let _ = ca.issue("a.example.com");
    ca.stop();
    let id = ca.records().with(Outcome::Issued).find(|entry| entry.provisioner.is_some()).unwrap().id.clone();
    let other = ca.step_path().base().join("other.wasm");
    fs::write(&other, fixed::check(&Err(denial()))).unwrap();
    let exchanges = [Exchange { policy: "corp".into(), path: other }];
    let story = replay(&ca, async |replay| replay.explain(&id, &exchanges).await.unwrap());
    assert!(!story.exact && !story.agrees());
    assert!(story.differences.iter().any(|difference| difference.starts_with("modules was")), "{story:#?}");
    assert_eq!(story.recorded, Some(Verdict::Allow));
}

#[test]
fn with_the_key_of_another_nobody_can_tell() {
    let mut ca = TestCa::start();
    let _ = ca.issue("a.example.com");
    ca.stop();
    let (other, kid) = {
        let mut key: Value = serde_json::from_str(&jose::Jwk::generate_ec_p256().unwrap().public().to_json()).unwrap();
        let ca_json: Value = serde_json::from_str(&fs::read_to_string(ca.step_path().ca_json()).unwrap()).unwrap();
        let kid = ca_json["authority"]["provisioners"][0]["key"]["kid"].clone();
        key["kid"] = kid.clone();
        (key, kid)
    };
    assert!(kid.is_string());
    ca.configure(move |ca_json| ca_json["authority"]["provisioners"][0]["key"] = other);
    let comparison = over(&ca, &[]);
    assert_eq!(comparison.unknown, 1, "{comparison:#?}");
    assert!(!comparison.is_same());
}

#[test]
fn nothing_is_kept_when_nothing_is_wanted() {
    let mut ca = TestCa::build().configure(|ca_json| ca_json["audit"] = json!({"decisions": "none"})).start();
    let _ = ca.issue("a.example.com");
    ca.stop();
    let id = ca.records().with(Outcome::Issued).last().unwrap().id.clone();
    assert!(matches!(explain(&ca, &id), Err(ReplayError::NoSuchDecision { .. })));
    let rows = |table: &str| -> i64 {
        let database = Connection::open(ca.store_path()).unwrap();
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((rows("decisions"), rows("configurations")), (0, 0));
}

#[test]
fn what_is_old_is_forgotten_and_its_entry_is_not() {
    let ca = TestCa::start();
    let _ = ca.issue("a.example.com");
    let before = ca.records().audit.len();
    let later = ca.now().checked_add(step_ca::limits::DECISION_TIME + Duration::from_secs(1)).unwrap();
    let store = ca.app().snapshot().store.clone();
    ca.block_on(async move { store.prune(later).await.unwrap() });
    assert_eq!(decisions(&ca.store_path()), 0);
    assert_eq!(ca.records().audit.len(), before);
}

fn decisions(store: &Path) -> i64 {
    let database = Connection::open(store).unwrap();
    database.query_row("SELECT count(*) FROM decisions", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_request_that_nobody_made_is_decided_and_signed_by_nobody() {
    let ca = TestCa::start();
    let before = ca.records().certificates.len();
    let request = |token: Token| step_ca::admission::SignRequest {
        csr: Csr::of("web.example.com").pem,
        token: token.sign(),
        not_before: api_types::RequestedTime::Unset,
        not_after: api_types::RequestedTime::Unset,
        template_data: None,
    };
    let now = ca.now();
    for (token, is_allowed) in [(ca.token("web.example.com"), true), (ca.token("other.example.com"), false)] {
        let request = request(token);
        let story = replay(&ca, async |replay| replay.explain_request(&request, now, &[]).await.unwrap());
        assert_eq!(story.verdict.is_allow(), is_allowed, "{story:#?}");
        assert!(story.entry.is_none() && !story.steps.is_empty());
    }
    assert_eq!(ca.records().certificates.len(), before);
}

#[test]
fn a_decision_is_explained_with_its_module_after_that_was_replaced_and_is_gone() {
    let mut ca = TestCa::build().module("corp", &fixed::check(&Ok(Vec::new()))).configure(with_check).start();
    let _ = ca.issue("a.example.com");
    let ca_json: Value = serde_json::from_str(&fs::read_to_string(ca.step_path().ca_json()).unwrap()).unwrap();
    let path = ca.step_path().ca_json().with_file_name(ca_json["policies"]["corp"]["path"].as_str().unwrap());
    fs::write(&path, fixed::check(&Err(denial()))).unwrap();
    ca.configure(|ca_json| {
        ca_json["policies"]["corp"].as_object_mut().unwrap().remove("sha256");
    });
    ca.reload();
    let refused = ca.try_token(&ca.token("b.example.com"), "b.example.com").expect(403).json();
    ca.configure(|ca_json| {
        ca_json["authority"].as_object_mut().unwrap().remove("policies");
        ca_json["policies"].as_object_mut().unwrap().remove("corp");
    });
    fs::remove_file(&path).unwrap();
    ca.stop();
    let records = ca.records();
    let issued = records.with(Outcome::Issued).find(|entry| entry.provisioner.is_some()).unwrap();
    for id in [issued.id.as_str(), refused["decisionId"].as_str().unwrap()] {
        let story = explain(&ca, id).unwrap();
        assert!(story.exact && story.agrees(), "{story:#?}");
        assert!(story.steps.iter().any(|step| step.policy == "corp"), "{story:#?}");
    }
    // A copy has them, too.
    let copy = ca.step_path().base().join("copy.sqlite");
    Reader::open(&ca.store_path()).unwrap().back_up(&copy, false).unwrap();
    let (config, _) = Config::load(&ca.step_path().ca_json()).unwrap();
    let cache = ca.step_path().base().join("cache").join("wasm");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let story = runtime
        .block_on(async { Replay::open(&copy, config, &cache).await.unwrap().explain(&issued.id, &[]).await.unwrap() });
    assert!(story.exact && story.agrees(), "{story:#?}");
}
