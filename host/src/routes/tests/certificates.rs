//! Asking for certificates.

use std::net::{Ipv4Addr, SocketAddr};

use super::*;
use crate::server::Peer;

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), 4711);

const SIGNED: &str = concat!(
    r#"{"crt":"LEAF\n","ca":"INTERMEDIATE\n","certChain":["LEAF\n","INTERMEDIATE\n","UPPER\n"],"#,
    r#""tlsOptions":{"cipherSuites":["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],"minVersion":1.2,"maxVersion":1.2,"#,
    r#""renegotiation":false}}"#
);

#[tokio::test]
async fn a_signed_certificate_comes_with_its_chain_and_the_tls_options() {
    for path in ["/sign", "/1.0/sign"] {
        let answer = post(path, r#"{"csr":"CSR","ott":"good"}"#).await;
        assert_eq!(answer.status, 201, "{path}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
        assert_eq!(answer.text(), format!("{SIGNED}\n"));
    }
}

#[tokio::test]
async fn what_the_client_asked_for_reaches_the_ca() {
    let ca = Arc::new(FakeCa::default());
    let router = router(ca.clone());
    let body = r#"{"CSR":"CSR","ott":" good\n","notBefore":"2019-01-25T10:00:00Z","notAfter":"1h","templateData":{"a": [1]}} tail"#;
    let mut request = request(Method::POST, "/sign", Body::from(body));
    request.extensions_mut().insert(Peer::new(PEER, None));
    assert_eq!(ask(&router, request).await.status, 201);
    assert_eq!(
        *ca.calls.lock().unwrap(),
        [r#"sign CSR good At(1548410400) After(GoDuration(3600000000000)) {"a": [1]} Some(192.0.2.7)"#]
    );
}

#[tokio::test]
async fn a_token_that_was_spent_is_refused() {
    let router = routes();
    for status in [201, 401] {
        let request = request(Method::POST, "/sign", Body::from(r#"{"csr":"CSR","ott":"good"}"#));
        assert_eq!(ask(&router, request).await.status, status);
    }
}

#[tokio::test]
async fn a_request_without_csr_or_token_never_reaches_the_ca() {
    let ca = Arc::new(FakeCa::default());
    let router = router(ca.clone());
    for (body, message) in [
        (r#"{"ott":"good"}"#, "missing csr"),
        (r#"{"csr":"","ott":"good"}"#, "missing csr"),
        (r#"{"csr":null,"ott":null}"#, "missing csr"),
        (r#"{"csr":"CSR"}"#, "missing ott"),
        (r#"{"csr":"CSR","ott":" \n "}"#, "missing ott"),
    ] {
        let answer = ask(&router, request(Method::POST, "/sign", Body::from(body))).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["message"], format!("The request could not be completed: {message}"), "{body}");
    }
    assert!(ca.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_body_that_is_not_a_sign_request_is_a_bad_request() {
    for body in [
        "",
        "{",
        "null",
        "[]",
        "7",
        r#""good""#,
        r#"{"csr":1}"#,
        r#"{"csr":"a","CSR":"b"}"#,
        r#"{"notAfter":"soon"}"#,
        "\u{feff}{}",
        "{\"csr\":\"\\ud800\"}",
        "{'csr':''}",
    ] {
        let answer = post("/sign", body).await;
        assert_eq!(answer.status, 400, "{body}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("The request could not be completed: error reading request body: "), "{message}");
    }
}

#[tokio::test]
async fn a_token_in_the_wrong_place_is_not_repeated() {
    for body in [r#""secret""#, r#"{"notAfter":"secret"}"#, r#"{"csr":"","secret":"#] {
        let answer = post("/sign", body).await;
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_renewal_is_for_the_certificate_of_the_connection() {
    for path in ["/renew", "/re-sign", "/1.0/renew"] {
        let ca = Arc::new(FakeCa::default());
        let router = router(ca.clone());
        let mut request = request(Method::POST, path, Body::from("not looked at"));
        let chain = [vec![1, 2, 3].into(), vec![4].into()];
        request.extensions_mut().insert(Peer::new(PEER, Some(chain.into())));
        let answer = ask(&router, request).await;
        assert_eq!(answer.status, 201, "{path}");
        assert_eq!(answer.json()["crt"], "AGAIN\n");
        assert_eq!(*ca.calls.lock().unwrap(), ["renew [3, 1] Some(192.0.2.7)"]);
    }
}

#[tokio::test]
async fn a_renewal_behind_a_proxy_is_for_the_certificate_of_the_token() {
    let ca = Arc::new(FakeCa::default());
    let router = router(ca.clone());
    for peer in [None, Some(Peer::new(PEER, None))] {
        let mut request = request(Method::POST, "/renew", Body::empty());
        request.headers_mut().insert("authorization", "bearer  a.b.c ".parse().unwrap());
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        assert_eq!(ask(&router, request).await.status, 201);
    }
    assert_eq!(*ca.calls.lock().unwrap(), ["renew a.b.c None", "renew a.b.c Some(192.0.2.7)"]);
}

#[tokio::test]
async fn a_renewal_without_a_client_certificate_is_a_bad_request() {
    let mut with_peer = request(Method::POST, "/renew", Body::empty());
    with_peer.extensions_mut().insert(Peer::new(PEER, None));
    for request in [with_peer, request(Method::POST, "/renew", Body::empty())] {
        let answer = ask(&routes(), request).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["message"], "The request could not be completed: missing peer certificate");
    }
}
