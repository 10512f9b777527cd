//! The policy with tokens that are signed in name only; real signatures are the business of `policy-sdk/vectors`.

use policy_sdk::{
    prelude::*,
    provisioner::{CommonNameRule, RoutingKey, SanRule},
    testing::{NOW, TestTokens, token, with_host},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::JwkPolicy;

fn key() -> Value {
    json!({"use": "sig", "kty": "EC", "kid": "one", "crv": "P-256", "alg": "ES256", "x": "A".repeat(43),
           "y": "A".repeat(43)})
}

fn init(key: &Value) -> Result<(JwkPolicy, provisioner::Descriptor), Vec<ConfigError>> {
    let config = json!({"type": "JWK", "name": "admin", "key": key, "encryptedKey": "…", "claims": {}}).to_string();
    JwkPolicy::init(provisioner::Environment { config, ..testing::provisioner() })
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "one", "typ": "JWT"})
}

fn claims() -> Value {
    json!({
        "aud": "https://ca.example.com:9000/1.0/sign", "iss": "admin", "sub": "db.example.com", "jti": "7",
        "iat": NOW, "nbf": NOW, "exp": NOW + 300, "sha": "ab", "sans": ["db.example.com"],
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

fn sign(header: &Value, claims: &Value) -> Result<SignGrant, Denial> {
    let (policy, _) = init(&key()).unwrap();
    let request = testing::sign_request(&token(header, claims, "ours"), &["db.example.com"]);
    with_host(TestTokens { key: policy.key.jwk.clone(), name: "ours".into() }, move || policy.authorize_sign(&request))
}

fn rule(verdict: Result<SignGrant, Denial>) -> String {
    let denial = verdict.unwrap_err();
    assert_eq!(denial.kind, DenialKind::Unauthorized);
    denial.reasons[0].rule.clone()
}

#[test]
fn a_good_token_gives_its_names_and_nothing_else() {
    let grant = sign(&header(), &claims()).unwrap();
    assert_eq!(grant.identity.subject, "db.example.com");
    assert_eq!(grant.identity.credential_id, "one");
    assert_eq!(grant.identity.attributes, [("jti".to_owned(), "7".to_owned())]);
    assert_eq!(grant.common_name, CommonNameRule::OneOf(vec!["db.example.com".into()]));
    assert_eq!(grant.subject_alt_names, SanRule::Exact(testing::names(&["db.example.com"])));
    assert_eq!(grant.csr_sha256, None);
}

#[test]
fn the_descriptor_tells_whose_tokens_these_are() {
    let (_, descriptor) = init(&key()).unwrap();
    assert_eq!(descriptor.routing_keys, [RoutingKey::IssuerAndKey(("admin".into(), "one".into()))]);
    assert_eq!(descriptor.credential_id.as_deref(), Some("one"));
}

#[test]
fn a_token_without_names_is_for_its_subject() {
    for claims in [without(claims(), "sans"), with(claims(), "sans", json!([]))] {
        assert_eq!(
            sign(&header(), &claims).unwrap().subject_alt_names,
            SanRule::Exact(testing::names(&["db.example.com"]))
        );
    }
    let email = with(without(claims(), "sans"), "sub", json!("admin@example.com"));
    let SanRule::Exact(names) = sign(&header(), &email).unwrap().subject_alt_names else { panic!() };
    assert_eq!((names.email_addresses, names.dns_names), (vec!["admin@example.com".into()], vec![]));
}

#[test]
fn the_common_name_is_the_subject_or_one_of_the_names() {
    let grant = sign(&header(), &with(claims(), "sans", json!(["a.example.com", "192.0.2.7"]))).unwrap();
    let expected = ["db.example.com", "a.example.com", "192.0.2.7"].map(str::to_owned).to_vec();
    assert_eq!(grant.common_name, CommonNameRule::OneOf(expected));
}

#[test]
fn each_broken_rule_has_a_name() {
    for (rule_name, header, claims) in [
        ("jwk.iss", header(), with(claims(), "iss", json!("other"))),
        ("jwk.iss", header(), without(claims(), "iss")),
        ("jwk.aud", header(), with(claims(), "aud", json!("https://ca.example.com/1.0/revoke"))),
        ("jwk.aud", header(), without(claims(), "aud")),
        ("jwk.expired", header(), with(with(claims(), "iat", json!(NOW - 400)), "exp", json!(NOW - 61))),
        ("jwk.missing", header(), without(claims(), "exp")),
        ("jwk.malformed", header(), with(claims(), "exp", json!("soon"))),
        ("jwk.malformed", header(), with(claims(), "sans", json!("db.example.com"))),
        ("jwk.sub", header(), without(claims(), "sub")),
        ("jwk.sub", header(), with(claims(), "sub", json!(""))),
        ("jwk.controls", header(), with(claims(), "sub", json!("a\u{0}"))),
        ("jwk.controls", header(), with(claims(), "sans", json!(["a", "b\u{202e}"]))),
        ("jwk.sans", header(), with(claims(), "sans", json!(["", ""]))),
        ("jwk.cnf", header(), with(claims(), "cnf", json!({"x5rt#S256": "AAAA"}))),
        ("jwk.cnf", header(), with(claims(), "cnf", json!({"jkt": "AAAA"}))),
        ("jwk.cnf", header(), with(claims(), "cnf", json!({}))),
        ("jwk.malformed", header(), with(claims(), "cnf", json!("AAAA"))),
        ("jwk.foreign-key", with(header(), "jwk", json!({})), claims()),
        ("jwk.foreign-key", with(header(), "jku", json!("https://evil.example")), claims()),
        ("jwk.foreign-key", with(header(), "x5u", json!("https://evil.example")), claims()),
        ("jwk.foreign-key", with(header(), "x5c", json!([])), claims()),
        ("jwk.typ", with(header(), "typ", json!("at+jwt")), claims()),
        ("jwk.kid", with(header(), "kid", json!("two")), claims()),
        ("jwk.kid", without(header(), "kid"), claims()),
    ] {
        assert_eq!(rule(sign(&header, &claims)), rule_name, "{header} {claims}");
    }
}

#[test]
fn a_token_of_another_key_is_refused() {
    let (policy, _) = init(&key()).unwrap();
    let request = testing::sign_request(&token(&header(), &claims(), "theirs"), &["db.example.com"]);
    let host = TestTokens { key: policy.key.jwk.clone(), name: "ours".into() };
    assert_eq!(rule(with_host(host, move || policy.authorize_sign(&request))), "jwk.signature");
}

#[test]
fn a_token_bound_to_a_request_says_so_in_the_grant() {
    let bound = with(claims(), "cnf", json!({"x5rt#S256": "A".repeat(43)}));
    assert_eq!(sign(&header(), &bound).unwrap().csr_sha256, Some(vec![0; 32]));
}

#[test]
fn a_token_for_signing_does_not_revoke() {
    let (policy, _) = init(&key()).unwrap();
    let revoke = with(claims(), "aud", json!("https://ca.example.com/revoke"));
    let requests = [claims(), revoke].map(|claims| testing::revoke_request(&token(&header(), &claims, "ours"), "77"));
    with_host(TestTokens { key: policy.key.jwk.clone(), name: "ours".into() }, move || {
        assert_eq!(policy.authorize_revoke(&requests[0]).unwrap_err().reasons[0].rule, "jwk.aud");
        assert_eq!(policy.authorize_revoke(&requests[1]).unwrap().subject, "db.example.com");
    });
}

#[test]
fn everything_wrong_with_a_key_is_said_at_once() {
    let secret = with(with(key(), "d", json!("AAAA")), "use", json!("enc"));
    let errors = init(&without(secret, "kid")).err().unwrap();
    let pointers: Vec<_> = errors.iter().filter_map(|error| error.path.as_deref()).collect();
    assert_eq!(pointers, ["/config/key/d", "/config/key/use", "/config/key/kid"]);
}

#[test]
fn keys_that_cannot_verify_are_refused() {
    for (pointer, key) in [
        ("/config/key/k", json!({"kty": "oct", "kid": "one", "k": "AAAA"})),
        ("/config/key/kty", json!({"kty": "DSA", "kid": "one"})),
        ("/config/key/kty", json!({"kid": "one"})),
        ("/config/key/crv", with(key(), "crv", json!("secp256k1"))),
        ("/config/key/x", with(key(), "x", json!("A".repeat(42)))),
        ("/config/key/y", without(key(), "y")),
        ("/config/key/alg", with(key(), "alg", json!("HS256"))),
        ("/config/key/kid", with(key(), "kid", json!(""))),
        ("/config/key/crv", json!({"kty": "OKP", "kid": "one", "crv": "X25519", "x": "A".repeat(43)})),
        ("/config/key/n", json!({"kty": "RSA", "kid": "one", "n": "A".repeat(171), "e": "AQAB"})),
        ("/config/key", json!("key")),
    ] {
        let errors = init(&key).err().unwrap();
        assert_eq!(errors[0].path.as_deref(), Some(pointer), "{key}");
    }
}

#[test]
fn the_life_of_a_token_can_be_set() {
    let config = json!({"key": key()}).to_string();
    let environment = |settings: Value| provisioner::Environment {
        settings: settings.to_string(),
        config: config.clone(),
        ..testing::provisioner()
    };
    let (policy, _) = JwkPolicy::init(environment(json!({"tokenMaxLife": "5m"}))).unwrap();
    assert_eq!(policy.times.max_life.to_string(), "5m0s");
    let errors = JwkPolicy::init(environment(json!({"tokenMaxLife": "-5m", "life": 1}))).err().unwrap();
    let pointers: Vec<_> = errors.iter().filter_map(|error| error.path.as_deref()).collect();
    assert_eq!(pointers, ["/settings/tokenMaxLife", "/settings/life"]);
}

proptest! {
    #[test]
    fn no_token_panics(header in ".{0,30}", claims in ".{0,30}", name in "[a-z]{3,8}", text in ".{0,20}") {
        let _ = sign(&json!(header), &json!(claims));
        let _ = sign(&crate::tests::header(), &with(crate::tests::claims(), &name, json!(text)));
    }
}
