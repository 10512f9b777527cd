//! A stranger's provisioner: it says who a client is, and the core holds it to its word.

use authority::oid;
use policy_runtime::contract::{
    provisioner::{
        CommonNameRule, CredentialUse, Descriptor, ReplayMode, RoutingKey, SanRule, SignGrant, ValidityBounds,
    },
    types::{ConfigError, Denial, DenialKind, Identity, SubjectAltNames},
};
use serde_json::{Value, json};
use step_tests::{Answer, Csr, Leaf, TestCa, body_of_2026, fixed::Provisioner};

use crate::stand::assert_fault;

const NAME: &str = "tickets";

fn identity() -> Identity {
    Identity { subject: "alice".into(), credential_id: "desk-7".into(), attributes: vec![] }
}

fn dns_names(names: &[&str]) -> SubjectAltNames {
    let dns_names = names.iter().map(|&name| name.to_owned()).collect();
    SubjectAltNames { dns_names, ip_addresses: vec![], email_addresses: vec![], uris: vec![] }
}

fn grant() -> SignGrant {
    SignGrant {
        identity: identity(),
        csr_sha256: None,
        common_name: CommonNameRule::OneOf(vec!["alice".into()]),
        subject_alt_names: SanRule::Exact(dns_names(&["a.example"])),
        validity: ValidityBounds { default_duration: None, not_before: None, not_after: None },
        single_use: None,
        extension_pairs: vec![],
    }
}

/// A provisioner for tokens that begin with `ticket:` and may be used again.
fn provisioner(sign: Result<SignGrant, Denial>) -> Provisioner {
    let descriptor = Descriptor {
        routing_keys: vec![RoutingKey::Prefix("ticket".into())],
        credential_id: None,
        replay: ReplayMode::Reusable,
    };
    Provisioner { descriptor: Ok(descriptor), sign, renew: Ok(identity()) }
}

fn object(name: &str) -> Value {
    json!({"name": name, "type": "Ticket", "policy": NAME})
}

fn start(provisioner: &Provisioner, grants: Value) -> Result<TestCa, String> {
    TestCa::build()
        .module_with(NAME, &provisioner.module(), json!({"grants": grants}))
        .provisioner(object(NAME))
        .try_start()
}

/// A CA with the provisioner, where everything is granted but names that are left open.
fn with(sign: SignGrant) -> TestCa {
    start(&provisioner(Ok(sign)), json!({"reusableTokens": true})).unwrap()
}

fn ask(ca: &TestCa, csr: &Csr) -> Answer {
    ca.client().post("/sign", &body_of_2026(&csr.pem, "ticket:42", "", ""))
}

fn names(answer: &Answer) -> Vec<String> {
    answer.certificate().subject_alt_names().unwrap().iter().collect()
}

#[test]
fn the_provisioner_extension_is_the_hosts_and_speaks_for_nobody_else() {
    let pairs = vec![("team".to_owned(), "ops".to_owned())];
    let ca = with(SignGrant { extension_pairs: pairs.clone(), ..grant() });
    let csr = Csr::new("", &[]);
    let answer = ask(&ca, &csr).expect(201);
    let certificate = answer.certificate();
    assert_eq!(certificate.subject().common_name(), Some("alice"));
    let extension = certificate.provisioner_extension().unwrap().unwrap();
    assert_eq!((extension.kind, extension.name.as_str()), (0, NAME));
    assert_eq!((extension.credential_id.as_slice(), extension.pairs), (&b"desk-7"[..], pairs));

    let leaf = Leaf { chain: answer.chain(), key: csr.key };
    let client = ca.client_with(leaf.identity());
    let renewed = client.post("/renew", &json!({})).expect(201).certificate();
    assert_eq!(renewed.extensions(), certificate.extensions());
    assert!(renewed.ext_key_usages().contains(&oid::CLIENT_AUTH));
    let records = ca.records();
    let last = records.certificates.last().unwrap();
    assert_eq!((last.subject.as_str(), last.provisioner.as_str(), last.renewals), ("alice", NAME, 1));
}

#[test]
fn the_core_holds_the_request_to_the_grant() {
    let ca = with(grant());
    for csr in [Csr::new("alice", &["b.example"]), Csr::new("bob", &["a.example"]), Csr::new("", &["10.0.0.1"])] {
        let _ = ask(&ca, &csr).expect(403);
    }
    assert_eq!(names(&ask(&ca, &Csr::new("alice", &["a.example"])).expect(201)), ["a.example"]);

    let subset = SanRule::Subset(dns_names(&["a.example", "b.example", "c.example"]));
    let ca = with(SignGrant { subject_alt_names: subset, ..grant() });
    assert_eq!(names(&ask(&ca, &Csr::new("", &["c.example", "a.example"])).expect(201)), ["a.example", "c.example"]);
    let _ = ask(&ca, &Csr::new("", &["a.example", "d.example"])).expect(403);
    // None of them is none, not all of them.
    let _ = ask(&ca, &Csr::new("", &[])).expect(403);
}

#[test]
fn an_empty_grant_issues_nothing() {
    for rule in [SanRule::Exact(dns_names(&[])), SanRule::Subset(dns_names(&[]))] {
        let ca = with(SignGrant { subject_alt_names: rule, ..grant() });
        let _ = ask(&ca, &Csr::new("", &[])).expect(403);
        let _ = ask(&ca, &Csr::new("", &["a.example"])).expect(403);
    }
}

#[test]
fn a_grant_of_names_nobody_can_have_is_refused() {
    for name in ["*", "a_b", "10.0.0.1", "a..b", ""] {
        let ca = with(SignGrant { subject_alt_names: SanRule::Exact(dns_names(&[name])), ..grant() });
        let answer = ask(&ca, &Csr::new("", &[]));
        assert_eq!(answer.status, 403, "{name:?}: {}", answer.text());
    }
}

#[test]
fn names_are_left_open_with_a_grant_or_not_at_all() {
    let open =
        SignGrant { common_name: CommonNameRule::Unrestricted, subject_alt_names: SanRule::Unrestricted, ..grant() };
    let csr = Csr::new("anybody", &["anything.example"]);
    let ca = with(open.clone());
    assert_fault(&ask(&ca, &csr), "names are open");
    ca.issue("neighbour.example");
    let grants = json!({"reusableTokens": true, "unrestrictedNames": true});
    let ca = start(&provisioner(Ok(open)), grants).unwrap();
    assert_eq!(names(&ask(&ca, &csr).expect(201)), ["anything.example"]);
    let _ = ask(&ca, &Csr::new("", &[])).expect(403);
}

#[test]
fn a_request_may_be_named_by_its_digest() {
    let csr = Csr::new("alice", &["a.example"]);
    let ca = with(SignGrant { csr_sha256: Some(csr.request.sha256().to_vec()), ..grant() });
    let _ = ask(&ca, &csr).expect(201);
    let _ = ask(&ca, &Csr::new("alice", &["a.example"])).expect(403);
    for length in [0, 31, 33] {
        let ca = with(SignGrant { csr_sha256: Some(vec![0; length]), ..grant() });
        assert_fault(&ask(&ca, &csr), "a digest of another length");
    }
}

#[test]
fn the_bounds_of_a_credential_hold() {
    let builder = TestCa::build();
    let now = builder.now().as_unix();
    let bounds = ValidityBounds { default_duration: None, not_before: Some(now), not_after: Some(now + 900) };
    let module = provisioner(Ok(SignGrant { validity: bounds, ..grant() })).module();
    let ca = builder
        .module_with(NAME, &module, json!({"grants": {"reusableTokens": true}}))
        .provisioner(object(NAME))
        .start();
    let csr = Csr::new("alice", &[]);
    let validity = ask(&ca, &csr).expect(201).certificate().validity();
    assert_eq!((validity.not_before.as_unix(), validity.not_after.as_unix()), (now, now + 900));
    let ask_until = |end: &str| ca.client().post("/sign", &body_of_2026(&csr.pem, "ticket:42", "", end));
    let _ = ask_until("15m").expect(201);
    let _ = ask_until("15m1s").expect(403);
}

#[test]
fn a_credential_that_cannot_be_spent_is_no_credential() {
    let descriptor =
        |replay| Descriptor { routing_keys: vec![RoutingKey::Prefix("ticket".into())], credential_id: None, replay };
    let builder = TestCa::build();
    let expires = builder.now().as_unix() + 600;
    let single = |id: &str| Some(CredentialUse { id: id.into(), expires });
    let csr = Csr::new("alice", &[]);
    let long = "x".repeat(257);
    for (replay, single_use) in [
        // A token that is no JWT has no `jti` and no signing input.
        (ReplayMode::Jwt, None),
        (ReplayMode::Jwt, single("42")),
        (ReplayMode::Custom, None),
        (ReplayMode::Custom, single("")),
        (ReplayMode::Custom, single(&long)),
    ] {
        let module = Provisioner {
            descriptor: Ok(descriptor(replay)),
            ..provisioner(Ok(SignGrant { single_use: single_use.clone(), ..grant() }))
        };
        let ca = start(&module, json!({})).unwrap();
        assert_fault(&ask(&ca, &csr), &format!("{replay:?} {single_use:?}"));
    }
    let module = Provisioner {
        descriptor: Ok(descriptor(ReplayMode::Custom)),
        ..provisioner(Ok(SignGrant { single_use: single("42"), ..grant() }))
    };
    let mut ca = start(&module, json!({})).unwrap();
    let _ = ask(&ca, &csr).expect(201);
    let _ = ask(&ca, &csr).expect(401);
    ca.restart();
    let _ = ask(&ca, &csr).expect(401);
}

#[test]
fn reusable_credentials_need_a_grant() {
    let error = start(&provisioner(Ok(grant())), json!({})).err().unwrap();
    assert!(error.contains("authority.provisioners[1]: ") && error.contains("\"reusableTokens\": true"), "{error}");
    let ca = with(grant());
    let _ = ask(&ca, &Csr::new("alice", &[])).expect(201);
    let _ = ask(&ca, &Csr::new("alice", &[])).expect(201);
    assert_eq!(ca.records().spent, 0);
}

#[test]
fn two_provisioners_do_not_share_a_key() {
    let error = TestCa::build()
        .module_with(NAME, &provisioner(Ok(grant())).module(), json!({"grants": {"reusableTokens": true}}))
        .provisioner(object("one"))
        .provisioner(object("two"))
        .try_start()
        .err()
        .unwrap();
    let expected = "authority.provisioners[2]: credentials that begin with \"ticket:\" already belong to another \
                    provisioner, authority.provisioners[1]";
    assert_eq!(error, expected);
}

#[test]
fn a_refusal_of_a_provisioner_is_a_401_without_a_word() {
    let denial = Denial {
        kind: DenialKind::Unauthorized,
        message: "this ticket was torn".into(),
        reasons: vec![],
        public_message: None,
        details: vec![],
    };
    let mut ca = start(&provisioner(Err(denial)), json!({"reusableTokens": true})).unwrap();
    let problem = ask(&ca, &Csr::new("alice", &[])).expect(401).problem();
    assert!(!problem.message.contains("torn"));
    ca.stop();
    let records = ca.records();
    let entry = records.decision(&problem.decision_id.unwrap()).unwrap();
    assert!(entry.message.as_deref().unwrap().contains("this ticket was torn"));
}

#[test]
fn its_configuration_is_its_own_and_its_problems_are_placed() {
    let module = Provisioner {
        descriptor: Err(vec![
            ConfigError { path: Some("/config/desk/0".into()), message: "no such desk".into() },
            ConfigError { path: Some("/settings/hours".into()), message: "not open".into() },
            ConfigError { path: None, message: "and tired".into() },
        ]),
        ..provisioner(Ok(grant()))
    };
    let error = start(&module, json!({})).err().unwrap();
    let mut lines: Vec<&str> = error.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "authority.provisioners[1].desk[0]: no such desk (tickets)",
            "authority.provisioners[1]: and tired (tickets)",
            "policies.tickets.settings.hours: not open (tickets)",
        ]
    );
}
