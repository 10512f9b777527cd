//! The same certificate with another key.

use std::sync::Arc;

use api_types::RekeyRequest;
use axum::{Extension, extract::State, response::Response};

use super::{
    extract::Json,
    problem::{Problem, RequestError},
    request_id::RequestId,
    service::{RekeyCall, Service},
    sign,
};
use crate::server::Peer;

/// `POST /rekey`: the client certificate of the connection asks for itself, with the key of the request in the body.
pub(super) async fn rekey(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    Json(RekeyRequest { csr }): Json<RekeyRequest>,
) -> Result<Response, Problem> {
    let Some((chain, ip)) = peer.and_then(|Extension(peer)| Some((peer.chain()?, peer.ip()))) else {
        return Err(RequestError::MissingPeerCertificate.into());
    };
    if csr.is_empty() {
        return Err(RequestError::MissingCsr.into());
    }
    let call = RekeyCall { csr, chain, request_id, peer: Some(ip) };
    Ok(sign::encode(ca.rekey(call).await?))
}
