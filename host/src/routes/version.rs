//! Which CA is this?

use api_types::VersionResponse;
use axum::{http::StatusCode, response::Response};

use super::json;

/// `GET /version`.
pub(super) async fn version() -> Response {
    let version = VersionResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        // Only `/renew` needs a client certificate.
        require_client_authentication: false,
    };
    json::answer(StatusCode::OK, json::document(&version))
}
