//! The end of a certificate before its time.

use std::sync::Arc;

use api_types::{RevokeRequest, RevokeResponse};
use authority::{RevocationReason, RevocationReasonError};
use axum::{Extension, extract::State, http::StatusCode, response::Response};

use super::{
    extract::Json,
    json,
    problem::{Problem, RequestError},
    request_id::RequestId,
    service::{ClientCredential, RevokeCall, Service},
};
use crate::{limits, server::Peer};

/// `POST /revoke`: by a token, or by the client certificate of the connection when there is none.
pub(super) async fn revoke(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    Json(request): Json<RevokeRequest>,
) -> Result<Response, Problem> {
    let RevokeRequest { serial, ott, reason_code, reason, passive } = request;
    if serial.is_empty() {
        return Err(RequestError::MissingSerial.into());
    }
    let serial_number = serial.parse().map_err(RequestError::Serial)?;
    let reason_code = u8::try_from(reason_code).map_err(|_| RevocationReasonError);
    let reason_code = reason_code.and_then(RevocationReason::from_code).map_err(RequestError::ReasonCode)?;
    if reason.len() > limits::REVOCATION_REASON {
        return Err(RequestError::ReasonTooLong { limit: limits::REVOCATION_REASON }.into());
    }
    if !passive {
        return Err(RequestError::NotOffered("revocation that is not passive").into());
    }
    let peer = peer.map(|Extension(peer)| peer);
    let credential = match (ott.trim_ascii(), peer.as_ref().and_then(Peer::chain)) {
        ("", None) => return Err(RequestError::MissingCredential.into()),
        ("", Some(chain)) => ClientCredential::Chain(chain),
        (token, _) => ClientCredential::Token(token.to_owned()),
    };
    let peer = peer.map(|peer| peer.ip());
    let call = RevokeCall { serial_number, reason: reason_code, reason_text: reason, credential, request_id, peer };
    ca.revoke(call).await?;
    Ok(json::answer(StatusCode::OK, json::document(&RevokeResponse::ok())))
}
