//! Whatever a stranger sends, the answer is well formed and never "we failed".

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*};
use tokio::runtime::Runtime;

use super::*;

/// One server for all cases: what a stranger sends must not hurt the next one either.
static ROUTES: LazyLock<Router> = LazyLock::new(routes);
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

fn send(request: Request<Body>) -> Answer {
    RUNTIME.block_on(ask(&ROUTES, request))
}

/// 501 is a promise of the API, not a failure.
fn check(answer: &Answer) -> Result<(), TestCaseError> {
    let status = answer.status.as_u16();
    prop_assert!(status < 500 || status == 501, "{answer:?}");
    if status >= 400 {
        let problem: api_types::Problem = serde_json::from_slice(&answer.body).unwrap();
        prop_assert_eq!(problem.status, status);
        prop_assert!(!problem.message.is_empty());
        prop_assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
    }
    prop_assert!(!answer.header("x-request-id").is_empty());
    Ok(())
}

fn json() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("csr".to_owned()),
        Just("OTT".to_owned()),
        Just("notAfter".to_owned()),
        Just("notBefore".to_owned()),
        Just("templateData".to_owned()),
        any::<String>()
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("good")),
        Just(Value::from("1h")),
        Just(Value::from("")),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name.clone(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
    .prop_map(|value| value.to_string())
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        Just("1.0".to_owned()),
        Just("sign".to_owned()),
        Just("root".to_owned()),
        Just("provisioners".to_owned()),
        Just("encrypted-key".to_owned()),
        Just("..".to_owned()),
        Just("%2e%2E".to_owned()),
        Just("%00".to_owned()),
        "[!-~&&[^/?#\"<>\\\\^`{|}]]{0,12}"
    ];
    (vec(segment, 0..6), "[!-~&&[^#\"<>\\\\^`{|}]]{0,20}")
        .prop_map(|(segments, query)| format!("/{}?{query}", segments.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_json_body_is_answered_with_a_failure(body in json(), cut in any::<prop::sample::Index>(), whole in any::<bool>()) {
        let mut octets = body.into_bytes();
        if !whole {
            octets.truncate(cut.index(octets.len() + 1));
        }
        let answer = send(request(Method::POST, "/sign", Body::from(octets)));
        check(&answer)?;
    }

    #[test]
    fn no_octets_are_answered_with_a_failure(body in vec(any::<u8>(), 0..200)) {
        let answer = send(request(Method::POST, "/1.0/sign", Body::from(body)));
        check(&answer)?;
        prop_assert_eq!(answer.status, 400);
    }

    #[test]
    fn no_target_is_answered_with_a_failure(target in path(), method in prop_oneof![Just(Method::GET), Just(Method::POST), Just(Method::HEAD)]) {
        let Ok(target) = target.parse::<axum::http::Uri>() else { return Ok(()) };
        let is_head = method == Method::HEAD;
        let request = Request::builder().method(method).uri(target).body(Body::empty()).unwrap();
        let answer = send(request);
        if !is_head {
            check(&answer)?;
        }
    }
}
