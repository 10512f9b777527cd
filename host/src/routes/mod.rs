//! The HTTP API: every route in one table.
//!
//! A handler parses a request, asks the [`Service`] and encodes its answer. Whatever goes wrong becomes an answer in
//! `problem.rs` and nowhere else. The routes know nothing of sockets, certificates or policies.

mod certificates;
mod crl;
mod door;
mod extract;
mod health;
mod http_date;
mod json;
mod listing;
mod metrics;
mod ocsp;
mod problem;
mod provisioners;
mod published;
mod recalls;
mod rekey;
mod renew;
mod request_id;
mod revoke;
mod roots;
mod service;
mod sign;
mod version;

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use self::problem::{Problem, RequestError};
pub use self::{
    metrics::metrics_router,
    published::{Published, PublishedCertificate},
    request_id::RequestId,
    service::{
        Answer, ClientCredential, Future, IssuedChain, ReadCall, RefusalKind, Refused, RekeyCall, RenewCall,
        RevokeCall, Service, SignCall,
    },
};

/// Every route, at its own path and again under `/1.0`.
pub fn router(ca: Arc<dyn Service>) -> Router {
    Router::new()
        .merge(table())
        .nest("/1.0", table())
        .fallback(async || Problem::from(RequestError::UnknownPath))
        .method_not_allowed_fallback(async || Problem::from(RequestError::MethodNotAllowed))
        .layer(CatchPanicLayer::custom(door::panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(&ca), door::door))
        .with_state(ca)
}

fn table() -> Router<Arc<dyn Service>> {
    Router::new()
        // Is it there?
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/version", get(version::version))
        // Whom to trust.
        .route("/root/{sha256}", get(roots::root))
        .route("/roots", get(roots::roots))
        .route("/roots.pem", get(roots::roots_pem))
        .route("/federation", get(roots::federation))
        .route("/intermediates", get(roots::intermediates))
        .route("/intermediates.pem", get(roots::intermediates_pem))
        .route("/issuer.cer", get(roots::issuer))
        // Who may ask.
        .route("/provisioners", get(provisioners::list))
        .route("/provisioners/{kid}/encrypted-key", get(provisioners::encrypted_key))
        // Certificates.
        .route("/sign", post(sign::sign))
        .route("/renew", post(renew::renew))
        .route("/re-sign", post(renew::renew))
        .route("/rekey", post(rekey::rekey))
        // Which of them are revoked.
        .route("/revoke", post(revoke::revoke))
        .route("/crl", get(crl::crl))
        .route("/ocsp", post(ocsp::post))
        .route("/ocsp/{*request}", get(ocsp::get))
        // What is on record, for those who may read it.
        .route("/admin/certs", get(certificates::list))
        .route("/admin/certs/{serial}", get(certificates::one))
        .route("/admin/recalls/{sha256}", get(recalls::show).post(recalls::order))
}

#[cfg(test)]
pub(crate) mod tests;
