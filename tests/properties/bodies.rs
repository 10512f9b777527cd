//! Bodies and paths over the network: whatever they are, the answer is one a client understands.

use proptest::prelude::*;
use reqwest::Method;
use serde_json::json;
use step_tests::body_of_2026;

use crate::{
    doors::{Door, cases},
    mutations::mutated,
    tokens::any_json,
};

fn method() -> impl Strategy<Value = Method> {
    let methods =
        [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::HEAD];
    proptest::sample::select(methods.to_vec())
}

fn path() -> impl Strategy<Value = String> {
    let known =
        ["sign", "renew", "rekey", "revoke", "root", "roots", "provisioners", "health", "1.0", "crl", "version"];
    let part = prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => "[a-zA-Z0-9._~!$&'()*+,;=:@-]{0,12}",
        1 => "(%[0-9a-f]{2}){1,4}",
    ];
    (proptest::collection::vec(part, 1..5), "(\\?[a-z]{1,6}=[a-zA-Z0-9%-]{0,12})?")
        .prop_map(|(parts, query)| format!("/{}{query}", parts.join("/")))
}

#[test]
fn any_body_of_sign_is_answered() {
    let door = Door::shared();
    proptest!(cases(300), |(body in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        any_json().prop_map(|json| json.to_string().into_bytes()),
        (any_json(), any_json(), any_json(), any_json()).prop_map(|(csr, ott, not_before, not_after)| {
            json!({"csr": csr, "ott": ott, "notBefore": not_before, "notAfter": not_after}).to_string().into_bytes()
        }),
    ])| {
        let (status, _) = door.post("/sign", body);
        prop_assert!(status >= 400);
    });
}

#[test]
fn a_damaged_body_of_sign_is_answered() {
    let door = Door::shared();
    proptest!(cases(300), |(mutation in mutated(), place: prop::sample::Index)| {
        let body = body_of_2026(&door.csr.pem, &door.ca.token("web.example.com").sign(), "", "");
        let (status, answer) = door.post("/sign", mutation.apply(body.to_string().as_bytes(), place));
        prop_assert!(status == 201 || answer["message"].is_string());
    });
}

#[test]
fn any_text_for_a_time_is_answered() {
    let door = Door::shared();
    proptest!(cases(300), |(text in prop_oneof!["[0-9TZ:.+-]{0,30}", "-?[0-9]{0,19}(ns|us|ms|s|m|h)", ".{0,20}"])| {
        let body = body_of_2026(&door.csr.pem, &door.ca.token("web.example.com").sign(), &text, &text);
        let (status, _) = door.post("/sign", body.to_string());
        prop_assert!([201, 400, 403].contains(&status));
    });
}

#[test]
fn every_path_and_method_is_answered() {
    let door = Door::shared();
    proptest!(cases(300), |(method in method(), path in path(), body in ".{0,20}")| {
        let client = door.ca.client();
        let answer = client.send(client.request(method.clone(), &path).body(body));
        prop_assert!(answer.status < 500 || answer.status == 501, "{} {}: {}", method, path, answer.status);
        if answer.status >= 400 && method != Method::HEAD {
            answer.problem();
        }
    });
}
