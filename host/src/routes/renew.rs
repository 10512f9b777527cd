//! The same certificate again, with a later end.

use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};

use super::{
    problem::{Problem, RequestError},
    request_id::RequestId,
    service::{RenewCall, Service},
    sign,
};
use crate::server::Peer;

/// `POST /renew`: the client certificate of the connection is what is asked for, and all that asks. The body is not
/// read.
pub(super) async fn renew(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
) -> Result<Response, Problem> {
    let Some((chain, ip)) = peer.and_then(|Extension(peer)| Some((peer.chain()?, peer.ip()))) else {
        return Err(RequestError::MissingPeerCertificate.into());
    };
    let call = RenewCall { chain, request_id, peer: Some(ip) };
    Ok(sign::encode(ca.renew(call).await?))
}
