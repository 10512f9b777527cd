//! The certificates clients trust, or build chains with.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode},
    response::Response,
};

use super::{
    extract::PathElement,
    json,
    problem::{Problem, RequestError},
    published::Bundle,
    service::Service,
};

type Ca = State<Arc<dyn Service>>;

/// `GET /root/{sha256}`: how a client that knows nothing but a fingerprint begins.
pub(super) async fn root(State(ca): Ca, PathElement(sha256): PathElement) -> Result<Response, Problem> {
    match ca.published().root(&sha256) {
        Some(document) => Ok(json::answer(StatusCode::OK, document)),
        None => Err(RequestError::UnknownRoot(sha256.replace('-', "").to_lowercase()).into()),
    }
}

/// `GET /roots`: upstream answers 201, and so do we.
pub(super) async fn roots(State(ca): Ca) -> Response {
    list(&ca.published().roots)
}

/// `GET /roots.pem`.
pub(super) async fn roots_pem(State(ca): Ca) -> Response {
    pem(&ca.published().roots)
}

/// `GET /federation`: roots of ours and of authorities we ask our clients to trust.
pub(super) async fn federation(State(ca): Ca) -> Response {
    list(&ca.published().federation)
}

/// `GET /intermediates`.
pub(super) async fn intermediates(State(ca): Ca) -> Result<Response, Problem> {
    ca.published().intermediates.as_ref().map(list).ok_or_else(no_intermediates)
}

/// `GET /intermediates.pem`.
pub(super) async fn intermediates_pem(State(ca): Ca) -> Result<Response, Problem> {
    ca.published().intermediates.as_ref().map(pem).ok_or_else(no_intermediates)
}

/// `GET /issuer.cer`: the certificate that signs, in DER, as authorityInfoAccess points to (RFC 5280 §4.2.2.1).
pub(super) async fn issuer(State(ca): Ca) -> Result<Response, Problem> {
    let der = ca.published().issuer.clone().ok_or_else(no_intermediates)?;
    Ok(json::with_type(StatusCode::OK, HeaderValue::from_static("application/pkix-cert"), der))
}

fn no_intermediates() -> Problem {
    RequestError::NotOffered("an intermediate certificate").into()
}

fn list(bundle: &Bundle) -> Response {
    json::answer(StatusCode::CREATED, bundle.json.clone())
}

fn pem(bundle: &Bundle) -> Response {
    json::with_type(StatusCode::OK, HeaderValue::from_static("application/x-pem-file"), bundle.pem.clone())
}
