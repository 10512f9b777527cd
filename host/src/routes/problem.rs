//! The only place where an error becomes an answer.
//!
//! Every error of the routes and every refusal of the CA is matched here by name, and each match chooses a status and
//! the words a stranger may read. A fault says nothing but that it happened.

use std::{borrow::Cow, time::Duration};

use api_types::Reason;
use authority::{RevocationReasonError, SerialNumberError};
use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use thiserror::Error;

use super::{
    json,
    request_id::RequestId,
    service::{RefusalKind, Refused},
};
use crate::readiness::Obstacle;

/// Why a request did not get as far as the CA.
#[derive(Debug, Error)]
pub(crate) enum RequestError {
    /// No route has this path, or the path is not in its one canonical form.
    #[error("no such path")]
    UnknownPath,
    /// The path exists; the method does not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The request target is longer than anything we offer.
    #[error("the request target is longer than {limit} octets")]
    TargetTooLong {
        /// What is allowed.
        limit: usize,
    },
    /// The body is compressed, or otherwise not what it is (RFC 9110 §8.4).
    #[error("content codings are not supported")]
    ContentCoding,
    /// The body is longer than allowed, or says it will be.
    #[error("the body is longer than {limit} octets")]
    BodyTooLarge {
        /// What is allowed.
        limit: usize,
    },
    /// The body did not arrive in time.
    #[error("the body did not arrive within {limit:?}")]
    BodyTooSlow {
        /// What is allowed.
        limit: Duration,
    },
    /// The body broke off, or is not framed as HTTP asks.
    #[error("error reading request body: {0}")]
    BodyUnreadable(#[source] axum::Error),
    /// The body is no JSON, or not the JSON that was expected. The text names positions and members, not values.
    #[error("error reading request body: error decoding json: {0}")]
    Json(#[from] serde_json::Error),
    /// The body does not say that it is JSON, where that matters.
    #[error("the Content-Type is not application/json")]
    NotJson,
    /// Arrays and objects are nested too deep.
    #[error("error reading request body: error decoding json: nested deeper than {limit}")]
    JsonTooDeep {
        /// What is allowed.
        limit: usize,
    },
    /// A sign request without `csr`.
    #[error("missing csr")]
    MissingCsr,
    /// A sign request without `ott`.
    #[error("missing ott")]
    MissingToken,
    /// A renewal over a connection without a client certificate.
    #[error("missing peer certificate")]
    MissingPeerCertificate,
    /// A revoke request without a serial number.
    #[error("missing serial")]
    MissingSerial,
    /// The serial number is none.
    #[error("'serial': {0}")]
    Serial(SerialNumberError),
    /// The reason is none that a list can have.
    #[error("'reasonCode': {0}")]
    ReasonCode(RevocationReasonError),
    /// The text of the reason is an essay.
    #[error("'reason' is longer than {limit} octets")]
    ReasonTooLong {
        /// What is allowed.
        limit: usize,
    },
    /// A revoke request with neither a token nor a client certificate.
    #[error("missing ott or peer certificate")]
    MissingCredential,
    /// `limit` of a page is no number.
    #[error("error converting {0} to integer")]
    PageLimit(String),
    /// No root or federated root has this fingerprint.
    #[error("root certificate with fingerprint \"{0}\" was not found")]
    UnknownRoot(String),
    /// No provisioner publishes an encrypted key under this `kid`.
    #[error("encrypted key with kid {0} was not found")]
    UnknownKey(String),
    /// Part of the API, but not of this CA.
    #[error("{0} is not offered by this CA")]
    NotOffered(&'static str),
    /// Certificates cannot be issued right now.
    #[error("the CA is not ready to issue: {}", all(.0))]
    NotReady(Vec<Obstacle>),
    /// We took too long.
    #[error("no answer within {limit:?}")]
    TimeLimit {
        /// What is allowed.
        limit: Duration,
    },
    /// A handler panicked.
    #[error("a handler panicked: {0}")]
    Panic(String),
}

fn all(obstacles: &[Obstacle]) -> String {
    obstacles.iter().map(|Obstacle { what, why }| format!("{what}: {why}")).collect::<Vec<_>>().join("; ")
}

/// An answer that says no.
///
/// It becomes a response without a body; the door fills that in when it knows the name of the request, and logs what is
/// not for the client.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    message: Cow<'static, str>,
    reasons: Vec<Reason>,
    decision_id: Option<String>,
    retry_after: Option<Duration>,
    cause: String,
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        use RequestError as E;
        let cause = error.to_string();
        match error {
            E::UnknownPath => Self::new(StatusCode::NOT_FOUND, NOT_FOUND, cause),
            E::MethodNotAllowed => Self::new(StatusCode::METHOD_NOT_ALLOWED, METHOD_NOT_ALLOWED, cause),
            E::TargetTooLong { .. } => Self::bad_request(StatusCode::URI_TOO_LONG, cause),
            E::ContentCoding | E::NotJson => Self::bad_request(StatusCode::UNSUPPORTED_MEDIA_TYPE, cause),
            E::BodyTooLarge { .. } => Self::bad_request(StatusCode::PAYLOAD_TOO_LARGE, cause),
            E::BodyTooSlow { .. } => Self::bad_request(StatusCode::REQUEST_TIMEOUT, cause),
            E::BodyUnreadable(_)
            | E::Json(_)
            | E::JsonTooDeep { .. }
            | E::MissingCsr
            | E::MissingToken
            | E::MissingPeerCertificate
            | E::MissingSerial
            | E::Serial(_)
            | E::ReasonCode(_)
            | E::ReasonTooLong { .. }
            | E::MissingCredential
            | E::PageLimit(_) => Self::bad_request(StatusCode::BAD_REQUEST, cause),
            E::UnknownRoot(_) | E::UnknownKey(_) => Self::new(StatusCode::NOT_FOUND, cause.clone(), cause),
            E::NotOffered(_) => Self::new(StatusCode::NOT_IMPLEMENTED, NOT_IMPLEMENTED, cause),
            E::NotReady(obstacles) => {
                let reasons = obstacles.into_iter().map(|Obstacle { what, why }| Reason {
                    rule: what.to_owned(),
                    message: why,
                    ..Reason::default()
                });
                Self { reasons: reasons.collect(), ..Self::unavailable(NOT_READY_FOR, cause) }
            }
            E::TimeLimit { .. } => Self::unavailable(OVERLOADED_FOR, cause),
            E::Panic(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, FAULT, cause),
        }
    }
}

impl From<Refused> for Problem {
    /// 400, 403, 429 and 202 show what was said and every rule; the other kinds show the text of their status, because
    /// a stranger learns nothing about why a credential failed, and a fault is nobody's business but ours.
    fn from(refused: Refused) -> Self {
        let Refused { kind, message, public_message, reasons, decision_id } = refused;
        let said = |before: &str| -> Cow<'static, str> {
            match &public_message {
                Some(text) => text.clone().into(),
                None => format!("{before}{message}").into(),
            }
        };
        let fixed = |text: &'static str| public_message.clone().map_or(Cow::Borrowed(text), Cow::Owned);
        let (status, shown, reasons) = match kind {
            RefusalKind::BadRequest => (StatusCode::BAD_REQUEST, said(NOT_COMPLETED), reasons),
            RefusalKind::Forbidden => (StatusCode::FORBIDDEN, said(FORBIDDEN), reasons),
            RefusalKind::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, said(""), reasons),
            RefusalKind::Pending => (StatusCode::ACCEPTED, said(""), reasons),
            RefusalKind::Unauthorized => (StatusCode::UNAUTHORIZED, fixed(UNAUTHORIZED), Vec::new()),
            RefusalKind::NotFound => (StatusCode::NOT_FOUND, fixed(NOT_FOUND), Vec::new()),
            RefusalKind::NotImplemented => (StatusCode::NOT_IMPLEMENTED, fixed(NOT_IMPLEMENTED), Vec::new()),
            RefusalKind::Fault => (StatusCode::INTERNAL_SERVER_ERROR, FAULT.into(), Vec::new()),
            RefusalKind::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE.into(), Vec::new()),
        };
        let retry_after = match kind {
            RefusalKind::Unavailable { retry_after } => Some(retry_after),
            _ => None,
        };
        Self { status, message: shown, reasons, decision_id, retry_after, cause: message }
    }
}

/// Begins the text of a 400 that says what is wrong.
const NOT_COMPLETED: &str = "The request could not be completed: ";
/// Begins the text of a 403 that says which rule it broke.
const FORBIDDEN: &str = "The request was forbidden by the certificate authority: ";

const UNAUTHORIZED: &str = "The request lacked the necessary authorization; the log of the CA says why.";
const NOT_FOUND: &str = "The requested resource could not be found.";
const METHOD_NOT_ALLOWED: &str = "The resource does not support this method; the Allow header names those it does.";
const NOT_IMPLEMENTED: &str = "The requested operation is not implemented by this certificate authority.";
const FAULT: &str = "The certificate authority encountered an internal error; its log says which.";
const UNAVAILABLE: &str = "The certificate authority cannot answer this now; the same request may be sent again later.";

const NOT_READY_FOR: Duration = Duration::from_secs(10);
const OVERLOADED_FOR: Duration = Duration::from_secs(5);

impl Problem {
    fn new(status: StatusCode, message: impl Into<Cow<'static, str>>, cause: String) -> Self {
        let message = message.into();
        Self { status, message, reasons: Vec::new(), decision_id: None, retry_after: None, cause }
    }

    fn bad_request(status: StatusCode, cause: String) -> Self {
        Self::new(status, format!("{NOT_COMPLETED}{cause}"), cause)
    }

    fn unavailable(retry_after: Duration, cause: String) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, cause) }
    }

    /// The whole reason, for the log.
    pub(crate) fn cause(&self) -> &str {
        &self.cause
    }

    /// Fills `response`, which came from this problem, with what the client may read.
    pub(crate) fn write_into(self, response: &mut Response, request_id: &RequestId, method: &Method) {
        let document = json::document(&api_types::Problem {
            status: self.status.as_u16(),
            message: self.message.into_owned(),
            request_id: Some(request_id.to_string()),
            decision_id: self.decision_id,
            reasons: self.reasons,
        });
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_LENGTH, document.len().into());
        if *method != Method::HEAD {
            *response.body_mut() = Body::from(document);
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.as_secs().max(1).into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: RefusalKind) -> Refused {
        let reason = Reason { rule: "r".into(), message: "m".into(), ..Reason::default() };
        Refused {
            kind,
            message: "the whole truth".into(),
            public_message: None,
            reasons: vec![reason],
            decision_id: Some("d1".into()),
        }
    }

    #[test]
    fn every_kind_has_its_status_and_shows_the_reason_only_where_it_may() {
        let later = RefusalKind::Unavailable { retry_after: Duration::from_secs(7) };
        for (kind, status, shows) in [
            (RefusalKind::BadRequest, 400, true),
            (RefusalKind::Unauthorized, 401, false),
            (RefusalKind::Forbidden, 403, true),
            (RefusalKind::NotFound, 404, false),
            (RefusalKind::TooManyRequests, 429, true),
            (RefusalKind::Pending, 202, true),
            (RefusalKind::NotImplemented, 501, false),
            (RefusalKind::Fault, 500, false),
            (later, 503, false),
        ] {
            let problem = Problem::from(refused(kind));
            assert_eq!(problem.status.as_u16(), status);
            assert_eq!(problem.message.contains("the whole truth"), shows, "{kind:?}");
            assert_eq!(problem.reasons.len(), usize::from(shows), "{kind:?}");
            assert_eq!(problem.decision_id.as_deref(), Some("d1"));
            assert_eq!(problem.cause(), "the whole truth");
        }
        assert_eq!(Problem::from(refused(later)).into_response().headers()[header::RETRY_AFTER], "7");
    }

    #[test]
    fn a_public_message_replaces_the_text_but_never_that_of_a_fault() {
        for (kind, replaced) in
            [(RefusalKind::Unauthorized, true), (RefusalKind::Forbidden, true), (RefusalKind::Fault, false)]
        {
            let problem = Problem::from(Refused { public_message: Some("hello".into()), ..refused(kind) });
            assert_eq!(problem.message == "hello", replaced, "{kind:?}");
        }
    }
}
