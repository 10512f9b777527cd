//! A policy that looks names up, in the whole CA: the DNS decides who is certified, and what it said is kept.

use api_types::ProvisionerPolicy;
use hickory_proto::rr::{Name, RData, rdata::CAA};
use serde_json::{Value, json};
use step_ca::audit::Outcome;
use step_tests::{Resolver, Second, TestCa};

use crate::stand::{ask, guarded};

const MODULE: &[u8] = include_bytes!("../../policies/dist/gallery/caa.wasm");

/// Who may certify a name.
fn issue(identifier: &str) -> RData {
    RData::CAA(CAA::new_issue(false, Some(Name::from_ascii(identifier).unwrap()), Vec::new()))
}

fn grants(resolver: &Resolver) -> Value {
    json!({"dns": {"names": ["."], "types": ["CAA"], "servers": [resolver.address().to_string()]}})
}

/// A CA called `ca.example.net`, whose second provisioner honours what the DNS says.
fn with_caa(grants: Value) -> Result<(TestCa, Second), String> {
    let provisioner = Second::new("guarded@example.com");
    let members = json!({"settings": {"identifiers": ["ca.example.net"]}, "grants": grants});
    let builder = TestCa::build().module_with("caa", MODULE, members);
    let ca = builder.provisioner(guarded(&provisioner, &["caa"])).try_start()?;
    Ok((ca, provisioner))
}

#[test]
fn the_dns_says_whom_this_ca_certifies() {
    let resolver =
        Resolver::start(vec![("a.example.", issue("CA.example.net")), ("c.example.", issue("other.example"))]);
    let (ca, provisioner) = with_caa(grants(&resolver)).unwrap();
    // Two names: of `b.example` nobody speaks, and nobody of `example`.
    let _ = ask(&ca, &provisioner).expect(201);
    assert_eq!(resolver.questions(), 3);
    let token = ca.token_of(provisioner.name, &provisioner.key, "c.example");
    let refused = ca.try_token(&token, "c.example").expect(403);
    assert_eq!(refused.problem().reasons[0].rule, "caa.issue");
    assert_eq!(refused.problem().reasons[0].got.as_deref(), Some("other.example"));
    // Whoever is not asked about by this policy is nobody's business.
    ca.issue("neighbour.example");
    assert_eq!(resolver.questions(), 4);
}

#[test]
fn a_resolver_that_is_gone_has_allowed_nothing() {
    let resolver = Resolver::start(vec![]);
    let grants = grants(&resolver);
    drop(resolver);
    let (mut ca, provisioner) = with_caa(grants).unwrap();
    assert_eq!(ask(&ca, &provisioner).expect(403).problem().reasons[0].rule, "caa.no-answer");
    ca.stop();
    let records = ca.records();
    assert_eq!(records.with(Outcome::Refused).count(), 1);
    assert_eq!(records.spent, 0);
}

#[test]
fn nobody_is_certified_by_a_policy_that_is_not_granted_what_it_needs_and_the_operator_is_told_what_to_write() {
    let (ca, provisioner) = with_caa(json!({})).unwrap();
    let _ = ask(&ca, &provisioner).expect(500);
    let failures = ca.app().snapshot().policies.failures().to_vec();
    assert!(failures[0].what.contains(r#""grants": {"dns": {"names": ["example.com"]}}"#), "{failures:?}");
}

#[test]
fn an_operator_is_shown_what_may_be_looked_up_and_where() {
    let resolver = Resolver::start(vec![]);
    let (ca, _) = with_caa(grants(&resolver)).unwrap();
    let (config, _) = step_ca::config::Config::load(&ca.step_path().ca_json()).unwrap();
    let overview = ca.app().snapshot().policies.overview(&config);
    let granted = format!("; granted: dns CAA of . from {}", resolver.address());
    assert!(overview.contains(&granted), "{overview}");

    let of = |name: &str| config.authority.provisioners.iter().find(|provisioner| provisioner.name == name).unwrap();
    let shown = ca.app().snapshot().policies.of_provisioner(&config, of("guarded@example.com"));
    let digest = step_ca::audit::Digest::of(&[MODULE]).to_string();
    let caa =
        ProvisionerPolicy { name: "caa".into(), sha256: digest, grants: vec!["dns".into()], ..Default::default() };
    assert_eq!(shown.last(), Some(&caa), "everyone may know what, and not where");
}
