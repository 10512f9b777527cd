//! Is the server there, and can it issue?

use std::sync::Arc;

use api_types::HealthResponse;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    json,
    problem::{Problem, RequestError},
    service::Service,
};

/// `GET /health`: the server answers, whatever else it can do.
pub(super) async fn health() -> Response {
    json::answer(StatusCode::OK, json::document(&HealthResponse::ok()))
}

/// `GET /ready`: certificates can be issued; 503, and why, when they cannot.
pub(super) async fn ready(State(service): State<Arc<dyn Service>>) -> Result<Response, Problem> {
    let obstacles = service.obstacles().await;
    if obstacles.is_empty() { Ok(health().await) } else { Err(RequestError::NotReady(obstacles).into()) }
}
