//! A first certificate.

use std::sync::Arc;

use api_types::{SignRequest, SignResponse, TlsOptions};
use axum::{Extension, extract::State, http::StatusCode, response::Response};
use serde_json::value::RawValue;

use super::{
    extract::Json,
    json,
    problem::{Problem, RequestError},
    request_id::RequestId,
    service::{IssuedChain, Service, SignCall},
};
use crate::server::Peer;

/// `POST /sign`.
pub(super) async fn sign(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    Json(request): Json<SignRequest<Box<RawValue>>>,
) -> Result<Response, Problem> {
    let SignRequest { csr, ott, not_before, not_after, template_data } = request;
    if csr.is_empty() {
        return Err(RequestError::MissingCsr.into());
    }
    let token = ott.trim_ascii();
    if token.is_empty() {
        return Err(RequestError::MissingToken.into());
    }
    let call = SignCall {
        csr,
        token: token.to_owned(),
        not_before,
        not_after,
        template_data,
        request_id,
        peer: peer.map(|Extension(peer)| peer.ip()),
    };
    Ok(encode(ca.sign(call).await?))
}

/// The answer with a certificate: 201, as upstream.
pub(super) fn encode(issued: IssuedChain) -> Response {
    let IssuedChain { leaf, intermediates, tls_options, policies } = issued;
    let response = SignResponse {
        ca: intermediates.first().cloned().unwrap_or_default(),
        cert_chain: std::iter::once(&leaf).chain(intermediates.iter()).cloned().collect(),
        crt: leaf,
        tls_options: Some(TlsOptions::clone(&tls_options)),
        policies,
    };
    json::answer(StatusCode::CREATED, json::document(&response))
}
