//! The gallery in the whole CA: new kinds of provisioner beside a core that knows nothing of them, and checks that remember.

use std::time::Duration;

use authority::pem;
use jose::Jwk;
use serde_json::{Value, json};
use step_tests::{Csr, Leaf, Pki, Second, TestCa, Token, Web, encode_chain};

use crate::stand::guarded;

const JWKS: &[u8] = include_bytes!("../../policies/dist/jwks.wasm");
const QUOTA: &[u8] = include_bytes!("../../policies/dist/gallery/quota.wasm");
const TWO_PERSON: &[u8] = include_bytes!("../../policies/dist/gallery/two-person.wasm");
const X5C: &[u8] = include_bytes!("../../policies/dist/gallery/x5c.wasm");

const ISSUER: &str = "https://idp.example.com";

/// An issuer with one key, which it publishes.
struct Issuer {
    key: Jwk,
    web: Web,
}

impl Issuer {
    fn new() -> Self {
        let key = Jwk::generate_ec_p256().unwrap().with_kid("k1");
        let set = format!(r#"{{"keys":[{}]}}"#, key.public().to_json());
        Self { key, web: Web::start(move |_| (200, set.clone())) }
    }

    /// What `ca.json` says of the module that believes it.
    fn members(&self, settings: Value) -> Value {
        let mut all = json!({"issuer": ISSUER, "keys": self.web.url("/keys"), "audience": "step-ca"});
        for (name, value) in settings.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        let grant = json!({"url": self.web.url("/keys"), "roots": self.web.roots(), "allowPrivateNetworks": true});
        json!({"settings": all, "grants": {"http": [grant]}})
    }

    /// A token of a job in a repository.
    fn token(&self, ca: &TestCa, repository: &str) -> Token {
        let subject = format!("repo:{repository}:ref:refs/heads/main");
        Token::new(&self.key, ISSUER, &subject, "step-ca", ca.now()).without("sans").claim("repository", repository)
    }
}

#[test]
fn a_job_gets_the_names_its_claims_spell_and_no_others() {
    let issuer = Issuer::new();
    let settings = json!({
        "names": ["{repository/1}.{repository/0}.ci.example.com"],
        "require": [{"claim": "environment", "values": ["production"]}],
    });
    let ca = TestCa::build()
        .module_with("ci", JWKS, issuer.members(settings))
        .provisioner(json!({"type": "OIDC", "name": "ci", "policy": "ci"}))
        .start();
    let token = |repository: &str| issuer.token(&ca, repository).claim("environment", "production");
    let certificate = ca.try_token(&token("Acme/shop"), "shop.acme.ci.example.com").expect(201).certificate();
    assert_eq!(certificate.subject().common_name(), Some("shop.acme.ci.example.com"));
    let _ = ca.try_token(&token("acme/shop"), "mail.acme.ci.example.com").expect(403);
    let _ = ca.try_token(&token("acme/shop.evil"), "shop.evil.acme.ci.example.com").expect(401);
    let _ = ca.try_token(&token("acme/shop").claim("environment", "staging"), "shop.acme.ci.example.com").expect(401);
    let stranger = token("acme/shop").signed_by(&Jwk::generate_ec_p256().unwrap());
    let _ = ca.try_token(&stranger, "shop.acme.ci.example.com").expect(401);
    assert_eq!(issuer.web.requests().len(), 1);
}

/// A token that a certificate vouches for.
fn vouched(ca: &TestCa, leaf: &Leaf) -> Token {
    let subject = leaf.certificate().subject().common_name().unwrap_or_default();
    let token = Token::new(&leaf.jwk(), "x5c", subject, &ca.audience(), ca.now());
    token.without("sans").without_header("kid").header("x5c", encode_chain(&leaf.chain))
}

#[test]
fn a_certificate_vouches_for_its_own_names_until_it_ends() {
    let builder = TestCa::build();
    let pki = Pki::new(builder.now());
    let roots = pem::encode("CERTIFICATE", pki.root.der());
    let ca = builder
        .pki(pki)
        .module_with("x5c", X5C, json!({"settings": {"roots": roots}}))
        .provisioner(json!({"type": "X5C", "name": "x5c", "policy": "x5c"}))
        .start();
    let leaf = ca.issue("db.example");
    let end = leaf.certificate().validity().not_after;
    ca.clock().advance(Duration::from_secs(3_600));

    let token = vouched(&ca, &leaf);
    let certificate = ca.try_token(&token, "db.example").expect(201).certificate();
    assert!(certificate.validity().not_after <= end, "it does not outlive the certificate that vouched for it");
    let _ = ca.try_token(&token, "db.example").expect(401);
    let _ = ca.try_token(&vouched(&ca, &leaf), "mail.example").expect(403);
    let stolen = vouched(&ca, &leaf).signed_by(&Jwk::generate_ec_p256().unwrap());
    let _ = ca.try_token(&stolen, "db.example").expect(401);
    let _ = ca.try_token(&vouched(&ca, &leaf).claim("aud", "https://localhost/1.0/revoke"), "db.example").expect(401);
    let _ = ca.try_token(&vouched(&ca, &leaf).without_header("x5c"), "db.example").expect(401);

    let stranger = TestCa::start().issue("db.example");
    let _ = ca.try_token(&vouched(&ca, &stranger), "db.example").expect(401);
    ca.clock().advance(Duration::from_secs(2 * 86_400));
    let _ = ca.try_token(&vouched(&ca, &leaf), "db.example").expect(401);
}

#[test]
fn a_quota_outlives_the_ca_and_not_its_day() {
    let provisioner = Second::new("guarded@example.com");
    let members = json!({"settings": {"most": 2}, "grants": {"kv": {"maxBytes": 65_536}}});
    let builder = TestCa::build().module_with("quota", QUOTA, members);
    let mut ca = builder.provisioner(guarded(&provisioner, &["quota"])).start();
    let ask = |ca: &TestCa, name: &str| ca.try_token(&ca.token_of(provisioner.name, &provisioner.key, name), name);
    let _ = ask(&ca, "a.example").expect(201);
    let _ = ask(&ca, "a.example").expect(201);
    ca.restart();
    let refused = ask(&ca, "a.example").expect(429);
    assert_eq!(refused.problem().reasons[0].rule, "quota.most");
    let _ = ask(&ca, "b.example").expect(201);
    ca.issue("a.example");
    ca.clock().advance(Duration::from_secs(86_400));
    let _ = ask(&ca, "a.example").expect(201);
}

#[test]
fn a_certificate_waits_for_a_second_person() {
    let issuer = Issuer::new();
    let settings = json!({"names": ["{host}.example.com"], "attributes": ["actor"]});
    let two_person = json!({"settings": {"person": "actor"}, "grants": {"kv": {"maxBytes": 65_536}}});
    let ca = TestCa::build()
        .module_with("people", JWKS, issuer.members(settings))
        .module_with("two-person", TWO_PERSON, two_person)
        .provisioner(json!({"type": "OIDC", "name": "people", "policy": "people", "policies": ["two-person"]}))
        .start();
    let token = |actor: &str| issuer.token(&ca, "acme/shop").claim("host", "db").claim("actor", actor);
    let csr = Csr::of("db.example.com");

    let ada = token("ada");
    let waiting = ca.sign(&csr, &ada.sign()).expect(202);
    assert_eq!(waiting.problem().reasons[0].rule, "two-person.pending");
    let _ = ca.sign(&csr, &token("ada").sign()).expect(202);
    let _ = ca.sign(&Csr::of("db.example.com"), &token("grace").sign()).expect(202);
    let _ = ca.sign(&csr, &token("grace").sign()).expect(201);
    // The token of the request that waited was not spent.
    let _ = ca.sign(&csr, &ada.sign()).expect(201);
    ca.clock().advance(Duration::from_secs(3_600));
    let _ = ca.sign(&csr, &token("ada").sign()).expect(202);
}
