//! The same certificate again, with a later end.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};

use super::{
    problem::{Problem, RequestError},
    request_id::RequestId,
    service::{ClientCredential, RenewCall, Service},
    sign,
};
use crate::server::Peer;

/// `POST /renew`: a certificate is what is asked for, and all that asks: that of the connection, or, where a proxy has
/// ended TLS, one in a token that its key has signed. The body is not read.
pub(super) async fn renew(
    State(ca): State<Arc<dyn Service>>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let peer = peer.map(|Extension(peer)| peer);
    let credential = match peer.as_ref().and_then(Peer::chain) {
        Some(chain) => ClientCredential::Chain(chain),
        None => ClientCredential::Token(bearer(&headers).ok_or(RequestError::MissingPeerCertificate)?.to_owned()),
    };
    let call = RenewCall { credential, request_id, peer: peer.map(|peer| peer.ip()) };
    Ok(sign::encode(ca.renew(call).await?))
}

/// The token of `Authorization: Bearer <token>` (RFC 6750 §2.1), unless there are several.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token)
}
