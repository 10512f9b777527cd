//! Certificates on record, for those whom the configuration lets read.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};

use super::{
    extract::PathElement,
    json,
    problem::Problem,
    request_id::RequestId,
    service::{ReadCall, Service},
};
use crate::server::Peer;

/// `GET /admin/certs`: one page, newest first. The parameters are those of [`Listing`](crate::records::Listing).
pub(super) async fn list(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let page = ca.certificates(call(request_id, peer), parameters).await?;
    Ok(json::answer(StatusCode::OK, json::document(&page)))
}

/// `GET /admin/certs/{serial}`: one certificate, decimal or hexadecimal after `0x`.
pub(super) async fn one(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    PathElement(serial_number): PathElement,
) -> Result<Response, Problem> {
    let entry = ca.certificate(call(request_id, peer), serial_number).await?;
    Ok(json::answer(StatusCode::OK, json::document(&entry)))
}

/// Who asks.
pub(super) fn call(request_id: RequestId, peer: Option<Extension<Peer>>) -> ReadCall {
    let peer = peer.map(|Extension(peer)| peer);
    let chain = peer.as_ref().and_then(Peer::chain).unwrap_or_else(|| Arc::from([]));
    ReadCall { chain, request_id, peer: peer.map(|peer| peer.ip()) }
}
