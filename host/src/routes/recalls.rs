//! What a policy module let be issued, taken back by those who may.

use std::sync::Arc;

use api_types::RecallRequest;
use authority::{RevocationReason, RevocationReasonError};
use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;

use super::{
    certificates::call,
    extract::{Json, PathElement},
    json,
    problem::{Problem, RequestError},
    request_id::RequestId,
    service::Service,
};
use crate::{limits, records::RecallOrder, server::Peer};

/// The parameters of a page.
#[derive(Deserialize)]
pub(super) struct Cursor {
    #[serde(default)]
    cursor: String,
}

/// `GET /admin/recalls/{sha256}`: one page of what may still be used, newest first.
pub(super) async fn show(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    PathElement(module): PathElement,
    Query(Cursor { cursor }): Query<Cursor>,
) -> Result<Response, Problem> {
    let page = ca.recall(call(request_id, peer), module, cursor).await?;
    Ok(json::answer(StatusCode::OK, json::document(&page)))
}

/// `POST /admin/recalls/{sha256}`: bars, lifts, or bars and revokes one page.
pub(super) async fn order(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    PathElement(module): PathElement,
    Json(request): Json<RecallRequest>,
) -> Result<Response, Problem> {
    // A browser shows the certificate of its user to whoever makes it ask, but asks before it sends this type.
    if headers.get(header::CONTENT_TYPE).is_none_or(|value| value != "application/json") {
        return Err(RequestError::NotJson.into());
    }
    let RecallRequest { action, reason_code, reason, cursor } = request;
    let reason_code = match reason_code {
        Some(code) => RevocationReason::from_code(code),
        None => Ok::<_, RevocationReasonError>(RevocationReason::PrivilegeWithdrawn),
    };
    let reason_code = reason_code.map_err(RequestError::ReasonCode)?;
    if reason.len() > limits::REVOCATION_REASON {
        return Err(RequestError::ReasonTooLong { limit: limits::REVOCATION_REASON }.into());
    }
    let order = RecallOrder { action, reason: reason_code, reason_text: reason, cursor };
    let page = ca.order_recall(call(request_id, peer), module, order).await?;
    Ok(json::answer(StatusCode::OK, json::document(&page)))
}
