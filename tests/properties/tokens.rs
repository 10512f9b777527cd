//! Tokens: mutated, random, and random where it hurts.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use step_tests::{Token, sign_raw};

use crate::doors::{Door, Reply, cases, count_panics};

/// JSON of any shape.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[a-z.*@:/\\[\\]0-9-]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{0,6}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Names of claims that mean something, and others.
fn claim() -> impl Strategy<Value = String> {
    let known = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sans", "sha", "cnf", "step", "user"];
    prop_oneof![proptest::sample::select(known.to_vec()).prop_map(str::to_owned), ".{0,8}"]
}

/// Names of header parameters that mean something, and others.
fn parameter() -> impl Strategy<Value = String> {
    let known = ["alg", "kid", "typ", "cty", "crit", "jwk", "jku", "x5u", "x5c", "x5t", "b64", "zip"];
    prop_oneof![proptest::sample::select(known.to_vec()).prop_map(str::to_owned), ".{0,8}"]
}

fn good(door: &Door) -> Token {
    door.ca.token("web.example.com")
}

#[test]
fn any_text_is_refused_as_a_token() {
    let (door, panics) = (Door::shared(), count_panics());
    proptest!(cases(600), |(text in prop_oneof![".{0,200}", "[A-Za-z0-9_=-]{0,60}(\\.[A-Za-z0-9_=-]{0,60}){0,4}"])| {
        prop_assert!(!door.knock_with(&text).is_issued());
    });
    assert_eq!(panics.load(Ordering::SeqCst), 0);
}

#[test]
fn a_token_with_one_changed_octet_is_refused() {
    let door = Door::shared();
    proptest!(cases(600), |(place: prop::sample::Index, octet in 0_u8..128)| {
        let mut token = good(&door).sign().into_bytes();
        let place = place.index(token.len());
        prop_assume!(token[place] != octet);
        token[place] = octet;
        let token = String::from_utf8(token).unwrap();
        // A blank at an end is cut off, and what is left is a token short of an octet.
        prop_assert!(!door.knock_with(&token).is_issued(), "{}", token);
    });
}

#[test]
fn a_token_that_was_cut_or_lengthened_is_refused() {
    let door = Door::shared();
    proptest!(cases(600), |(place: prop::sample::Index, more in "[A-Za-z0-9._-]{1,5}")| {
        let token = good(&door).sign();
        let (head, tail) = token.split_at(place.index(token.len()));
        for changed in [head.to_owned(), tail.to_owned(), format!("{token}{more}"), format!("{head}{more}{tail}")] {
            prop_assume!(changed != token);
            prop_assert!(!door.knock_with(&changed).is_issued(), "{}", changed);
        }
    });
}

#[test]
fn any_value_of_any_claim_is_judged_and_nothing_breaks() {
    let door = Door::shared();
    proptest!(cases(600), |(claim in claim(), value in any_json())| {
        if let Reply::Issued(pem) = door.knock_with(&good(&door).claim(&claim, value.clone()).sign()) {
            let certificate = authority::Certificate::from_pem(&pem).unwrap();
            let names: Vec<_> = certificate.subject_alt_names().unwrap().iter().collect();
            prop_assert_eq!(names, ["web.example.com"], "{} {}", claim, value);
        }
    });
}

#[test]
fn any_value_of_any_header_parameter_is_judged_and_nothing_breaks() {
    let door = Door::shared();
    proptest!(cases(600), |(parameter in parameter(), value in any_json())| {
        let token = good(&door).header(&parameter, value.clone());
        let is_issued = door.knock_with(&token.sign()).is_issued();
        let is_harmless = !["alg", "kid", "crit", "jwk", "jku", "x5u", "x5c", "zip"].contains(&parameter.as_str());
        prop_assert!(!is_issued || is_harmless, "{} {}", parameter, value);
    });
}

#[test]
fn claims_of_any_shape_are_refused() {
    let door = Door::shared();
    proptest!(cases(600), |(claims in prop_oneof![any_json().prop_map(|json| json.to_string()), ".{0,60}"])| {
        let header = good(&door).header_json();
        prop_assert!(!door.knock_with(&sign_raw(&header, &claims, door.ca.provisioner_key())).is_issued());
    });
}

#[test]
fn a_kid_that_is_not_the_provisioners_finds_nothing() {
    let door = Door::shared();
    proptest!(cases(600), |(kid in ".{0,80}")| {
        prop_assume!(door.ca.provisioner_key().kid() != Some(&kid));
        prop_assert!(!door.knock_with(&good(&door).header("kid", kid).sign()).is_issued());
    });
}

#[test]
fn times_are_accepted_exactly_where_the_rules_say() {
    let door = Door::shared();
    proptest!(cases(600), |(iat in -8_000_i64..8_000, nbf in proptest::option::of(-8_000_i64..8_000), exp in -8_000_i64..8_000)| {
        let now = door.ca.now().as_unix();
        let token = good(&door).claim("iat", now + iat).claim("exp", now + exp);
        let token = match nbf {
            Some(nbf) => token.claim("nbf", now + nbf),
            None => token.without("nbf"),
        };
        let begin = nbf.map_or(iat, |nbf| nbf.max(iat));
        let expected = exp >= -60
            && iat <= 60
            && nbf.is_none_or(|nbf| nbf <= 60 && nbf - iat <= 1_800)
            && exp > begin
            && exp - begin <= 3_600;
        prop_assert_eq!(door.knock_with(&token.sign()).is_issued(), expected, "iat {} nbf {:?} exp {}", iat, nbf, exp);
    });
}

#[test]
fn an_audience_is_accepted_exactly_when_it_is_this_ca_and_this_operation() {
    let door = Door::shared();
    proptest!(cases(600), |(scheme in "(https|http|HTTPS|ftp)", host in "(localhost|ca\\.example\\.com|127\\.0\\.0\\.1|other\\.example|CA\\.Example\\.com)",
        port in "(:[0-9]{1,6})?", path in "(/sign|/1\\.0/sign|/1\\.0/renew|/1\\.0/sign/|/|/1\\.0/sign\\?x=1)")| {
        let audience = format!("{scheme}{}{host}{port}{path}", "://");
        let expected = scheme.eq_ignore_ascii_case("https")
            && host != "other.example"
            && (path == "/sign" || path == "/1.0/sign")
            && (port.is_empty() || port[1..].parse::<u16>().is_ok());
        let token = good(&door).claim("aud", audience.clone()).sign();
        prop_assert_eq!(door.knock_with(&token).is_issued(), expected, "{}", audience);
    });
}

#[test]
fn a_hundred_good_tokens_are_a_hundred_certificates() {
    let door = Door::shared();
    for number in 0..100 {
        let token = good(&door).claim("user", json!({"number": number})).sign();
        assert!(door.knock_with(&token).is_issued());
        assert!(!door.knock_with(&token).is_issued());
    }
}
