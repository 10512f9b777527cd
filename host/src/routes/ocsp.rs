//! Questions about single certificates (RFC 6960 §A.1, RFC 5019 §5).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;

use super::{
    extract::{PathElement, octets},
    http_date::http_date,
    json,
    problem::{Problem, RequestError},
    service::Service,
};
use crate::{limits, ocsp::OcspAnswer};

type Ca = State<Arc<dyn Service>>;

/// `POST /ocsp`: the request in DER.
pub(super) async fn post(State(ca): Ca, request: Request) -> Result<Response, Problem> {
    let request = octets(request, limits::OCSP_REQUEST).await?;
    let OcspAnswer { der, .. } = ca.ocsp(request).await.ok_or_else(not_offered)?;
    Ok(encode(der))
}

/// `GET /ocsp/{base64}`: the same, in a form that caches understand. What is no base64 is a request that is none.
pub(super) async fn get(State(ca): Ca, PathElement(base64): PathElement) -> Result<Response, Problem> {
    // Clients that do not escape the slashes may merge or repeat them; base64 has no other white space.
    let request = STANDARD.decode(base64.trim_start_matches('/')).unwrap_or_default();
    let OcspAnswer { der, kept } = ca.ocsp(Bytes::from(request)).await.ok_or_else(not_offered)?;
    let mut response = encode(der);
    if let Some((made, until)) = kept {
        let headers = response.headers_mut();
        let life = until.duration_since(made).unwrap_or_default().as_secs();
        let caching = format!("max-age={}, public, no-transform, must-revalidate", life / 2);
        headers.extend(HeaderValue::try_from(caching).map(|value| (header::CACHE_CONTROL, value)));
        headers.extend(http_date(made).map(|date| (header::LAST_MODIFIED, date)));
        headers.extend(http_date(until).map(|date| (header::EXPIRES, date)));
    }
    Ok(response)
}

fn encode(der: Bytes) -> Response {
    json::with_type(StatusCode::OK, HeaderValue::from_static("application/ocsp-response"), der)
}

fn not_offered() -> Problem {
    RequestError::NotOffered("OCSP").into()
}
