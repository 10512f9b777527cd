//! Every way of saying no, and what the operator hears of it.

use std::{
    convert::Infallible,
    io::{self, Write},
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::Frame;

use super::*;
use crate::{config::LogFormat, limits};

async fn with_header(name: header::HeaderName, value: &str) -> Answer {
    let mut request = request(Method::POST, "/sign", Body::from("{}"));
    request.headers_mut().insert(name, value.parse().unwrap());
    ask(&routes(), request).await
}

#[tokio::test]
async fn every_refusal_has_its_status_and_keeps_what_is_inside_inside() {
    for (token, status, shows) in [
        ("bad-request", 400, true),
        ("unauthorized", 401, false),
        ("forbidden", 403, true),
        ("not-found", 404, false),
        ("too-many", 429, true),
        ("pending", 202, true),
        ("not-implemented", 501, false),
        ("fault", 500, false),
        ("unavailable", 503, false),
        ("panic", 500, false),
    ] {
        let answer = post("/sign", &format!(r#"{{"csr":"CSR","ott":"{token}"}}"#)).await;
        assert_eq!(answer.status.as_u16(), status, "{token}");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["message"].as_str().unwrap().contains("inside /etc/ca.json"), shows, "{token}");
        assert_eq!(problem["reasons"][0]["rule"] == "test.rule", shows, "{token}");
        assert_eq!(problem["requestId"], answer.header("x-request-id"));
        assert!(!answer.text().contains("boom"));
        assert_eq!(answer.header(header::RETRY_AFTER), if token == "unavailable" { "5" } else { "" });
    }
}

#[tokio::test]
async fn a_panic_costs_one_answer() {
    let router = routes();
    for (token, status) in [("panic", 500), ("good", 201), ("panic", 500), ("good2", 201)] {
        let body = format!(r#"{{"csr":"CSR","ott":"{token}"}}"#);
        assert_eq!(ask(&router, request(Method::POST, "/sign", Body::from(body))).await.status, status);
    }
}

#[tokio::test]
async fn paths_that_are_not_ours_are_not_found() {
    for path in [
        "/",
        "/nothing",
        "/health/",
        "/1.0",
        "/1.0/",
        "/1.0/1.0/health",
        "/Health",
        "//health",
        "/./health",
        "/1.0/../health",
        "/%2e/health",
        "/root/a%2fb",
        "/root/%00",
        "/root/",
        "/provisioners/",
        "/provisioners//encrypted-key",
        "/admin/admins",
        "/acme/acme/directory",
        "/ssh/roots",
        "/scep/x",
        "/health%00",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = ask(&routes(), request(method, path, Body::empty())).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json()["message"], "The requested resource could not be found.", "{path}");
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    for (path, method, allow) in [
        ("/health", Method::POST, "GET,HEAD"),
        ("/1.0/roots", Method::DELETE, "GET,HEAD"),
        ("/sign", Method::GET, "POST"),
        ("/1.0/renew", Method::PUT, "POST"),
        ("/sign", Method::OPTIONS, "POST"),
        ("/sign", Method::from_bytes(b"BREW").unwrap(), "POST"),
    ] {
        let answer = ask(&routes(), request(method.clone(), path, Body::empty())).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header(header::ALLOW), allow, "{method} {path}");
        assert_eq!(answer.json()["status"], 405);
    }
}

#[tokio::test]
async fn content_codings_are_refused() {
    for coding in ["gzip", "br", "deflate", "identity, gzip", "GZIP"] {
        assert_eq!(with_header(header::CONTENT_ENCODING, coding).await.status, 415, "{coding}");
    }
    assert_eq!(with_header(header::CONTENT_ENCODING, "Identity").await.status, 400, "{{}} has no csr");
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit_and_not_beyond() {
    for (length, status) in [(limits::BODY - 1, 201), (limits::BODY, 201), (limits::BODY + 1, 413)] {
        let json = r#"{"csr":"CSR","ott":"good"}"#;
        let text = format!("{json}{}", " ".repeat(length - json.len()));
        let whole = Body::from(text.clone());
        let (first, second) = text.split_at(1000);
        let streamed =
            Body::new(Parts(vec![Bytes::from(first.to_owned()), Bytes::from(second.to_owned())].into_iter()));
        for body in [whole, streamed] {
            let answer = ask(&routes(), request(Method::POST, "/sign", body)).await;
            assert_eq!(answer.status, status, "{length}");
        }
    }
}

/// A body that does not say how long it is.
struct Parts(std::vec::IntoIter<Bytes>);

impl hyper::body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|part| Ok(Frame::data(part))))
    }
}

#[tokio::test]
async fn json_is_read_up_to_the_depth_limit_and_not_beyond() {
    for (depth, status) in [(limits::JSON_DEPTH - 1, 201), (limits::JSON_DEPTH, 201), (limits::JSON_DEPTH + 1, 400)] {
        let inner = depth - 1;
        let nested = format!("{}{}", "[".repeat(inner), "]".repeat(inner));
        let answer = post("/sign", &format!(r#"{{"csr":"CSR","ott":"good","templateData":{nested}}}"#)).await;
        assert_eq!(answer.status, status, "depth {depth}");
    }
}

#[tokio::test]
async fn a_target_is_read_up_to_the_limit_and_not_beyond() {
    for (length, status) in [(limits::URI - 1, 200), (limits::URI, 200), (limits::URI + 1, 414)] {
        let target = format!("{:x<length$}", "/health?");
        assert_eq!(get(&target).await.status, status, "{length}");
    }
}

#[tokio::test]
async fn a_request_keeps_its_name_or_gets_one() {
    for (name, value) in [("x-request-id", "6fcb514b-b878-4c9d"), ("x-smallstep-id", "bgs1o5d8vqkc73e2k2ag")] {
        let mut request = request(Method::GET, "/health", Body::empty());
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(ask(&routes(), request).await.header("x-request-id"), value);
    }
    let (first, second) = (get("/health").await, get("/nothing").await);
    assert_eq!(first.header("x-request-id").len(), 20);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    assert_eq!(second.json()["requestId"], second.header("x-request-id"));
}

/// Sends every line to the test.
struct Lines(mpsc::Sender<String>);

impl Write for Lines {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8(octets.to_vec()).unwrap());
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_request_log_has_every_request_with_its_reason_and_no_token() {
    let (sender, lines) = mpsc::channel();
    let router = router(Arc::new(FakeCa::logging_to(Lines(sender), LogFormat::Json)));
    for token in ["good-secret", "forbidden"] {
        let body = format!(r#"{{"csr":"CSR","ott":"{token}"}}"#);
        let mut request = request(Method::POST, "/1.0/sign?q=1", Body::from(body));
        request.headers_mut().insert(header::AUTHORIZATION, "Bearer secret".parse().unwrap());
        request.headers_mut().insert("x-request-id", "r1".parse().unwrap());
        request.headers_mut().insert(header::USER_AGENT, "agent".parse().unwrap());
        let answer = ask(&router, request).await;
        let line = lines.recv().unwrap();
        assert!(line.ends_with("}\n") && !line.contains("secret"), "{line}");
        let entry: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(entry["request-id"], "r1");
        assert_eq!(entry["method"], "POST");
        assert_eq!(entry["path"], "/1.0/sign?q=1");
        assert_eq!(entry["user-agent"], "agent");
        assert_eq!(entry["status"], answer.status.as_u16());
        assert_eq!(entry["size"], answer.body.len());
        assert_eq!(entry["fields.time"], "2019-01-25T10:00:00Z");
        let is_refused = token == "forbidden";
        assert_eq!(entry["level"], if is_refused { "warning" } else { "info" });
        assert_eq!(entry.get("error").is_some_and(|error| error == "inside /etc/ca.json"), is_refused);
    }
}
