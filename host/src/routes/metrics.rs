//! The routes of the listener that machines of the operator ask.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode},
    middleware::{self, Next},
    response::Response,
    routing::get,
};

use super::{
    health, json,
    problem::{Problem, RequestError},
    request_id::RequestId,
    service::Service,
};
use crate::metrics::TEXT_FORMAT;

/// `/metrics`, `/health` and `/ready`. Nobody is asked who they are, and nobody who asks is in the request log.
pub fn metrics_router(ca: Arc<dyn Service>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .fallback(async || Problem::from(RequestError::UnknownPath))
        .method_not_allowed_fallback(async || Problem::from(RequestError::MethodNotAllowed))
        .layer(middleware::from_fn(explain))
        .with_state(ca)
}

/// `GET /metrics`: what is counted, in the text format of Prometheus.
async fn metrics(State(service): State<Arc<dyn Service>>) -> Response {
    json::with_type(StatusCode::OK, HeaderValue::from_static(TEXT_FORMAT), service.metrics().await.into())
}

/// Gives an answer that says no its words.
async fn explain(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        problem.write_into(&mut response, &RequestId::fresh(), &method);
    }
    response
}
