//! The routes, as a request reaches them when HTTP has been read.

use std::sync::LazyLock;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use step_ca::routes;
use step_tests::TestCa;
use tower::ServiceExt;

/// A CA that nobody connects to.
static CA: LazyLock<TestCa> = LazyLock::new(TestCa::start);
static ROUTES: LazyLock<Router> = LazyLock::new(|| routes::router(CA.app().clone()));

/// A method, a target and a body, between line ends. The answer is never that we failed, and a refusal says why in JSON.
pub(super) fn router(octets: &[u8]) {
    let mut parts = octets.splitn(3, |octet| *octet == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (method, target, body) = (part(), part(), part());
    let (Ok(method), Ok(target)) = (Method::from_bytes(method), std::str::from_utf8(target)) else { return };
    let Ok(request) = Request::builder().method(&method).uri(target).body(Body::from(body.to_vec())) else { return };
    let (status, headers, body) = CA.block_on(async {
        let answer = ROUTES.clone().oneshot(request).await.expect("a router answers");
        let (parts, body) = answer.into_parts();
        (parts.status.as_u16(), parts.headers, to_bytes(body, 1 << 20).await.expect("an answer has an end"))
    });
    assert!(status < 500 || status == 501, "{status}");
    if status >= 400 && method != Method::HEAD {
        let problem: api_types::Problem = serde_json::from_slice(&body).expect("a refusal is JSON");
        assert_eq!(problem.status, status);
        assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    }
    assert!(headers.contains_key("x-request-id"));
}
