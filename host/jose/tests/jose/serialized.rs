//! Messages in the JSON serializations: the examples of RFC 7515 and 7520, and what is refused.

use crate::harness::{key, vector, with};
use step_jose::{
    JoseError, MacKey, SymmetricKey, VerifyingKey,
    jws::{Compact, Serialized},
};

/// Why a message is refused.
fn refused(text: &str) -> String {
    Serialized::parse(text).unwrap_err().to_string()
}

#[test]
fn the_flattened_examples_verify() {
    let example = vector("rfc7515-a.7.jws");
    let message = Serialized::parse(&example).unwrap();
    assert_eq!(message.kid(), Some("e9bc097a-ce51-4036-9562-d2ade882db0d"));
    let verifying = VerifyingKey::from_jwk(&key("rfc7515-a.3.jwk")).unwrap();
    Compact::parse(message.compact()).unwrap().verify(&verifying).unwrap();

    let example = vector("rfc7520-4.6.jws");
    let message = Serialized::parse(&example).unwrap();
    let shared = SymmetricKey::from_slice(vector("rfc7520-4.4.jwk").as_bytes()).unwrap();
    assert_eq!(message.kid(), shared.kid());
    Compact::parse(message.compact()).unwrap().verify_mac(&MacKey::to_verify(&shared).unwrap()).unwrap();
}

#[test]
fn the_compact_form_is_read_as_it_is() {
    let example = format!("\n{} ", vector("rfc7515-a.2.jws"));
    let message = Serialized::parse(&example).unwrap();
    assert_eq!((message.compact(), message.kid()), (example.trim(), None));
}

#[test]
fn a_general_message_with_one_signature_is_the_flattened_one() {
    let flattened = vector("rfc7515-a.7.jws");
    let members: serde_json::Value = serde_json::from_str(&flattened).unwrap();
    let general = serde_json::json!({
        "payload": members["payload"],
        "signatures": [{
            "protected": members["protected"], "header": members["header"], "signature": members["signature"],
        }],
    });
    let general = general.to_string();
    let message = Serialized::parse(&general).unwrap();
    assert_eq!(message.compact(), Serialized::parse(&flattened).unwrap().compact());
}

#[test]
fn what_the_compact_form_cannot_say_is_refused_by_name() {
    for name in ["rfc7515-a.6.jws", "rfc7520-4.8.jws"] {
        assert_eq!(refused(&vector(name)), "\"signatures\" of the message is not a list of one signature", "{name}");
    }
    // RFC 7520 §4.7 protects no part of its header, §4.5 sends the payload another way.
    assert!(matches!(
        Serialized::parse(&vector("rfc7520-4.7.jws")),
        Err(JoseError::Missing { member: "protected", .. })
    ));
    let detached = with(&vector("rfc7520-4.6.jws"), "payload", None);
    assert!(matches!(Serialized::parse(&detached), Err(JoseError::Missing { member: "payload", .. })));
}

#[test]
fn an_unprotected_header_changes_nothing_that_is_verified() {
    let example = vector("rfc7515-a.7.jws");
    let refused = |header: &str| Serialized::parse(&with(&example, "header", Some(header))).unwrap_err();
    assert!(matches!(refused(r#"{"alg":"none"}"#), JoseError::HeaderTwice));
    assert!(matches!(refused(r#"{"crit":["x"],"x":1}"#), JoseError::UnsupportedHeader("crit")));
    assert!(matches!(refused(r#"{"b64":false}"#), JoseError::UnsupportedHeader("b64")));
    assert!(matches!(refused("[]"), JoseError::Member { member: "header", .. }));
    assert!(matches!(refused(r#"{"kid":7}"#), JoseError::Member { member: "kid", .. }));
    let both = with(&example, "signatures", Some("[{}]"));
    assert!(matches!(Serialized::parse(&both), Err(JoseError::Member { member: "signatures", .. })));
}
