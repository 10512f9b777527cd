//! Who may ask for certificates, and how.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};

use super::{
    extract::PathElement,
    json,
    problem::{Problem, RequestError},
    service::Service,
};

/// `GET /provisioners`: one page; `cursor` says where it begins and `limit` how long it is. With `policies=true` each entry
/// tells who decides about its certificates.
pub(super) async fn list(
    State(ca): State<Arc<dyn Service>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    // Of a parameter that comes twice the first counts, as in Go.
    let first = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value);
    let limit = match first("limit") {
        "" => 0,
        text => text.parse().map_err(|_| RequestError::PageLimit(text.to_owned()))?,
    };
    let published = ca.published();
    let listing = match first("policies") {
        "true" => &published.provisioners_with_policies,
        _ => &published.provisioners,
    };
    Ok(json::answer(StatusCode::OK, listing.page(first("cursor"), limit)))
}

/// `GET /provisioners/{kid}/encrypted-key`: the private key, as only its password opens it.
pub(super) async fn encrypted_key(
    State(ca): State<Arc<dyn Service>>,
    PathElement(kid): PathElement,
) -> Result<Response, Problem> {
    match ca.published().encrypted_key(&kid) {
        Some(document) => Ok(json::answer(StatusCode::OK, document)),
        None => Err(RequestError::UnknownKey(kid).into()),
    }
}
