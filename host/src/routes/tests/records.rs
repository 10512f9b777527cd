//! Asking for what is on record.

use std::net::{Ipv4Addr, SocketAddr};

use super::*;
use crate::server::Peer;

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), 4711);

/// Asks with a client certificate, and tells what reached the CA.
async fn ask_for(target: &str) -> (Answer, Vec<String>) {
    let ca = Arc::new(FakeCa::default());
    let router = router(ca.clone());
    let mut request = request(Method::GET, target, Body::empty());
    request.extensions_mut().insert(Peer::new(PEER, Some([vec![1, 2, 3].into()].into())));
    let answer = ask(&router, request).await;
    let calls = ca.calls.lock().unwrap().clone();
    (answer, calls)
}

#[tokio::test]
async fn a_question_reaches_the_ca_as_it_was_asked() {
    for path in ["/admin/certs", "/1.0/admin/certs"] {
        let (answer, calls) = ask_for(&format!("{path}?name=a%26b&limit=7")).await;
        assert_eq!(calls, [r#"certificates 1 [("name", "a&b"), ("limit", "7")]"#]);
        assert_eq!(answer.status, 200);
        assert_eq!(
            (&answer.json()["certificates"][0]["serial"], &answer.json()["nextCursor"]),
            (&"7".into(), &"6".into())
        );
    }
}

#[tokio::test]
async fn one_certificate_is_asked_for_by_its_serial_number_and_nothing_is_made_of_it_before() {
    for (path, serial, status) in [("7", "7", 200), ("0x7", "0x7", 401), ("seven", "seven", 401)] {
        let (answer, calls) = ask_for(&format!("/admin/certs/{path}")).await;
        assert_eq!((answer.status.as_u16(), calls), (status, vec![format!("certificate 1 {serial}")]));
    }
}

#[tokio::test]
async fn whoever_comes_without_a_certificate_is_asked_about_as_well() {
    let ca = Arc::new(FakeCa::default());
    ask(&router(ca.clone()), request(Method::GET, "/admin/certs", Body::empty())).await;
    assert_eq!(*ca.calls.lock().unwrap(), ["certificates 0 []"]);
}
