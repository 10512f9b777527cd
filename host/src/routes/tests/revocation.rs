//! Revoking, and asking what is revoked.

use std::net::{Ipv4Addr, SocketAddr};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;
use crate::{limits, server::Peer};

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), 4711);

/// Posts `body`, with a client certificate if there is a chain; the answer, and the calls the CA got.
async fn post_as(target: &str, body: &str, chain: Option<usize>) -> (Answer, Vec<String>) {
    let ca = Arc::new(FakeCa::default());
    let router = router(ca.clone());
    let mut request = request(Method::POST, target, Body::from(body.to_owned()));
    let chain = chain.map(|length| (0..length).map(|_| vec![1, 2, 3].into()).collect());
    request.extensions_mut().insert(Peer::new(PEER, chain));
    let answer = ask(&router, request).await;
    let calls = ca.calls.lock().unwrap().clone();
    (answer, calls)
}

#[tokio::test]
async fn a_revocation_reaches_the_ca_as_it_was_meant() {
    for (body, call) in [
        (r#"{"serial":"77","ott":" t\n","passive":true}"#, r#"revoke 77 unspecified "" t Some(192.0.2.7)"#),
        (
            r#"{"serial":"0x4d","reasonCode":1,"reason":"lost","PASSIVE":true,"ott":""}"#,
            r#"revoke 77 keyCompromise "lost" 2 certificates Some(192.0.2.7)"#,
        ),
    ] {
        for path in ["/revoke", "/1.0/revoke"] {
            let (answer, calls) = post_as(path, body, Some(2)).await;
            assert_eq!((answer.status.as_u16(), answer.text()), (200, "{\"status\":\"ok\"}\n"), "{body}");
            assert_eq!(calls, [call]);
        }
    }
}

#[tokio::test]
async fn a_revocation_that_cannot_be_right_never_reaches_the_ca() {
    let long = "x".repeat(limits::REVOCATION_REASON + 1);
    for (members, status, message) in [
        (r#""serial":"","ott":"t""#, 400, "missing serial"),
        (r#""serial":"abc","ott":"t""#, 400, "'serial': a serial number is"),
        (r#""serial":"-1","ott":"t""#, 400, "'serial': a serial number is"),
        (r#""serial":"1","ott":"t","reasonCode":-1"#, 400, "'reasonCode': a reason is"),
        (r#""serial":"1","ott":"t","reasonCode":7"#, 400, "'reasonCode': a reason is"),
        (r#""serial":"1","ott":"t","reasonCode":11"#, 400, "'reasonCode': a reason is"),
        (r#""serial":"1","ott":"t","reasonCode":300"#, 400, "'reasonCode': a reason is"),
        (r#""serial":"1","ott":" ""#, 400, "missing ott or peer certificate"),
        (&format!(r#""serial":"1","ott":"t","reason":"{long}""#), 400, "'reason' is longer than 1024 octets"),
        (r#""serial":"1","ott":"t","passive":false"#, 501, "not implemented"),
    ] {
        let passive = if members.contains("passive") { "" } else { r#","passive":true"# };
        let (answer, calls) = post_as("/revoke", &format!("{{{members}{passive}}}"), None).await;
        assert_eq!(answer.status.as_u16(), status, "{members}");
        assert!(answer.json()["message"].as_str().unwrap().contains(message), "{}", answer.text());
        assert!(calls.is_empty());
    }
    let (answer, _) = post_as("/revoke", r#"{"serial":"1","ott":"forbidden","passive":true}"#, None).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn a_rekey_is_for_the_certificate_of_the_connection_and_the_key_of_the_body() {
    for path in ["/rekey", "/1.0/rekey"] {
        let (answer, calls) = post_as(path, r#"{"csr":"CSR"}"#, Some(1)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["crt"]), (201, &"REKEYED\n".into()));
        assert_eq!(calls, ["rekey CSR [3] Some(192.0.2.7)"]);
    }
    for (body, chain, message) in [
        (r#"{"csr":"CSR"}"#, None, "missing peer certificate"),
        (r#"{"csr":""}"#, Some(1), "missing csr"),
        ("{}", Some(1), "missing csr"),
    ] {
        let (answer, calls) = post_as("/rekey", body, chain).await;
        assert_eq!(answer.status, 400);
        assert!(answer.json()["message"].as_str().unwrap().ends_with(message), "{}", answer.text());
        assert!(calls.is_empty());
    }
}

#[tokio::test]
async fn the_list_comes_as_der_or_pem_and_may_be_kept() {
    for (target, content_type, body) in [
        ("/crl", "application/pkix-crl", "DER"),
        ("/1.0/crl?x=pem", "application/pkix-crl", "DER"),
        ("/crl?pem", "application/x-pem-file", "PEM\n"),
        ("/1.0/crl?a=b&pem=true", "application/x-pem-file", "PEM\n"),
    ] {
        let answer = get(target).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, body), "{target}");
        assert_eq!(answer.header(header::CONTENT_TYPE), content_type, "{target}");
        assert_eq!(answer.header(header::LAST_MODIFIED), "Fri, 25 Jan 2019 10:00:00 GMT");
        assert_eq!(answer.header(header::EXPIRES), "Fri, 25 Jan 2019 11:00:00 GMT");
    }
    let head = ask(&routes(), request(Method::HEAD, "/crl", Body::empty())).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn ocsp_requests_arrive_by_post_and_by_get_however_they_are_escaped() {
    // Its base64 has every character there is to escape.
    let der = [0xfb, 0xff, 0xff, 0xfe];
    let answer = ask(&routes(), request(Method::POST, "/ocsp", Body::from(der.to_vec()))).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, &der[..]));
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/ocsp-response");
    let base64 = STANDARD.encode(der);
    assert_eq!(base64, "+////g==");
    for escaped in [base64.clone(), base64.replace('/', "%2F").replace('+', "%2b").replace('=', "%3D")] {
        for prefix in ["/ocsp/", "/1.0/ocsp/"] {
            let answer = get(&format!("{prefix}{escaped}")).await;
            assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, &der[..]), "{escaped}");
            assert_eq!(answer.header(header::EXPIRES), "Fri, 25 Jan 2019 10:10:00 GMT");
            assert!(answer.header(header::CACHE_CONTROL).starts_with("max-age=300,"));
        }
    }
}

#[tokio::test]
async fn an_ocsp_request_is_read_up_to_the_limit_and_not_beyond() {
    for (length, status) in
        [(limits::OCSP_REQUEST - 1, 200), (limits::OCSP_REQUEST, 200), (limits::OCSP_REQUEST + 1, 413)]
    {
        let answer = ask(&routes(), request(Method::POST, "/ocsp", Body::from(vec![7; length]))).await;
        assert_eq!(answer.status.as_u16(), status, "{length}");
    }
}

#[tokio::test]
async fn what_a_ca_does_not_offer_is_not_implemented_rather_than_not_found() {
    // This CA answers nothing to nothing.
    for request in [request(Method::POST, "/ocsp", Body::empty()), request(Method::GET, "/ocsp/!", Body::empty())] {
        let answer = ask(&routes(), request).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (501, &501.into()));
    }
}
