//! What happens to every request before it finds its route, and to every answer before it leaves.
//!
//! A request gets a name, is held to its limits of shape and time, and is logged; a handler that panics costs one
//! answer; an answer that says no gets its words.

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant},
};

use authority::Timestamp;
use axum::{
    body::HttpBody,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, Uri, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    problem::{Problem, RequestError},
    request_id::{RequestId, X_REQUEST_ID},
    service::Service,
};
use crate::{
    limits,
    server::Peer,
    telemetry::{Entry, RequestLog},
    traces::Journey,
};

/// For the whole of a request. Every part of the work has a shorter limit of its own; this one is for what nobody
/// thought of.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// Wraps every route, and the answers for paths and methods that have none.
pub(super) async fn door(State(ca): State<Arc<dyn Service>>, mut request: Request, next: Next) -> Response {
    let logging = ca.logging();
    let id = RequestId::of(request.headers(), &logging.trace_header);
    let visit = logging.requests.as_ref().map(|log| Visit::begin(log, &request));
    let method = request.method().clone();
    request.extensions_mut().insert(id.clone());
    let journey = Journey::begin(&request);

    let mut response = match refuse_shape(request.uri()) {
        Err(error) => Problem::from(error).into_response(),
        Ok(()) => match tokio::time::timeout(ANSWER_TIME, journey.during(next.run(request))).await {
            Ok(response) => response,
            Err(_) => Problem::from(RequestError::TimeLimit { limit: ANSWER_TIME }).into_response(),
        },
    };

    let problem = response.extensions_mut().remove::<Problem>();
    let cause = problem.as_ref().map(|problem| problem.cause().to_owned());
    if let Some(problem) = problem {
        // Where requests are logged, their line has all of it.
        if logging.requests.is_none() {
            report(response.status(), &id, problem.cause());
        }
        problem.write_into(&mut response, &id, &method);
    }
    response.headers_mut().insert(X_REQUEST_ID, id.to_header());
    journey.end(response.status(), &id);
    if let (Some(log), Some(visit)) = (&logging.requests, visit) {
        visit.end(log, &id, &response, cause.as_deref());
    }
    response
}

/// Refuses targets that are longer than any of ours, or spelled so that two readers could disagree what they name.
fn refuse_shape(uri: &Uri) -> Result<(), RequestError> {
    let length = uri.path_and_query().map_or(0, |target| target.as_str().len());
    if length > limits::URI {
        return Err(RequestError::TargetTooLong { limit: limits::URI });
    }
    if is_canonical(uri.path()) || is_ocsp(uri.path()) { Ok(()) } else { Err(RequestError::UnknownPath) }
}

/// What follows is base64, in which slashes mean nothing (RFC 6960 §A.1).
fn is_ocsp(path: &str) -> bool {
    path.starts_with("/ocsp/") || path.starts_with("/1.0/ocsp/")
}

/// No empty, `.` or `..` segment, however it is encoded, and no encoded slash, backslash or NUL.
fn is_canonical(path: &str) -> bool {
    let Some(path) = path.strip_prefix('/') else {
        return false;
    };
    // A trailing slash is an empty segment, too; but "/" alone is a path like any other.
    path.is_empty() || path.split('/').all(is_canonical_segment)
}

fn is_canonical_segment(segment: &str) -> bool {
    let Some(position) = segment.find('%') else {
        return !matches!(segment, "" | "." | "..");
    };
    let (_, encoded) = segment.split_at(position);
    let encodes = |octet: &str| encoded.as_bytes().windows(3).any(|three| three.eq_ignore_ascii_case(octet.as_bytes()));
    let dots = segment.to_ascii_lowercase().replace("%2e", ".");
    !["%2f", "%5c", "%00"].into_iter().any(encodes) && !matches!(dots.as_str(), "." | "..")
}

/// Tells the operator what the client is not told. Refusals of the road are in the audit log as well.
fn report(status: StatusCode, id: &RequestId, cause: &str) {
    let status = status.as_u16();
    match status {
        500.. => tracing::error!(request_id = %id, status, ?cause, "request failed"),
        401 | 403 | 429 => tracing::info!(request_id = %id, status, ?cause, "request refused"),
        _ => tracing::debug!(request_id = %id, status, ?cause, "request not understood"),
    }
}

/// The answer in place of a handler that panicked.
pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let text = match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast::<&'static str>().map_or_else(|_| String::new(), |text| (*text).to_owned()),
    };
    Problem::from(RequestError::Panic(text)).into_response()
}

/// What the request log wants to know and the handler consumes.
struct Visit {
    begun: Instant,
    started: Timestamp,
    remote_address: String,
    method: Method,
    target: String,
    version: Version,
    referer: String,
    user_agent: String,
}

impl Visit {
    fn begin(log: &RequestLog, request: &Request) -> Self {
        Self {
            begun: Instant::now(),
            started: log.now(),
            remote_address: request.extensions().get::<Peer>().map_or_else(String::new, |peer| peer.ip().to_string()),
            method: request.method().clone(),
            target: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
            version: request.version(),
            referer: text(request.headers(), &header::REFERER),
            user_agent: text(request.headers(), &header::USER_AGENT),
        }
    }

    fn end(self, log: &RequestLog, id: &RequestId, response: &Response, error: Option<&str>) {
        log.write(&Entry {
            request_id: id.as_str(),
            remote_address: &self.remote_address,
            started: self.started,
            duration: self.begun.elapsed(),
            method: self.method.as_str(),
            path: &self.target,
            protocol: match self.version {
                Version::HTTP_10 => "HTTP/1.0",
                Version::HTTP_2 => "HTTP/2.0",
                _ => "HTTP/1.1",
            },
            status: response.status().as_u16(),
            size: response.body().size_hint().exact().unwrap_or_default(),
            referer: &self.referer,
            user_agent: &self.user_agent,
            error,
        });
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).map_or_else(String::new, |value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        for path in ["/", "/health", "/1.0/sign", "/root/ab-cd", "/provisioners/a%20b/encrypted-key", "/...", "/a.b"] {
            assert!(is_canonical(path), "{path}");
        }
        for path in [
            "",
            "*",
            "health",
            "//",
            "//health",
            "/health/",
            "/1.0//sign",
            "/./health",
            "/1.0/../health",
            "/..",
            "/%2e/health",
            "/%2E%2e/health",
            "/.%2e",
            "/1.0%2fsign",
            "/1.0%2Fsign",
            "/1.0%5csign",
            "/health%00",
            "/provisioners/a%2fb/encrypted-key",
        ] {
            assert!(!is_canonical(path), "{path}");
        }
    }
}
