//! Who can shake hands with the listener, and with what.

use std::sync::atomic::Ordering;

use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
use rustls::{
    CipherSuite as Suite, HandshakeKind, ProtocolVersion,
    version::{TLS12, TLS13},
};

use super::*;
use crate::{config::CipherSuite, server::TlsError};

const RENEW: &str = "POST /renew HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// The first line of the answer to a renewal, or nothing when the server does not let the client in.
async fn renew(server: &TestServer, config: ClientConfig) -> String {
    let Ok(mut stream) = server.connect(config).await else {
        return String::new();
    };
    // In TLS 1.3 a client learns only now that it was not let in.
    let _ = stream.write_all(RENEW.as_bytes()).await;
    read_to_end(&mut stream).await.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_configuration_of_2019_is_served_with_tls_1_2_and_its_suites() {
    let suite = CipherSuite::EcdheEcdsaAes128GcmSha256;
    let server = TestServer::start_with(&TlsConfig { cipher_suites: vec![suite], ..TlsConfig::default() }).await;
    let stream = server.connect(server.client()).await.unwrap();
    let (_, session) = stream.get_ref();
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    let negotiated = session.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(negotiated, Suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    assert!(server.connect(server.client_of(&[&TLS13], None)).await.is_err());
}

#[tokio::test]
async fn a_configuration_of_2026_is_served_with_tls_1_3() {
    let server = TestServer::start().await;
    let stream = server.connect(server.client()).await.unwrap();
    assert_eq!(stream.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert!(server.connect(server.client_of(&[&TLS12], None)).await.is_ok());
}

#[tokio::test]
async fn suites_that_do_not_fit_the_own_key_are_a_configuration_error() {
    let server = TestServer::start().await;
    let rsa_only = vec![CipherSuite::EcdheRsaAes128GcmSha256];
    let config = TlsConfig { cipher_suites: rsa_only.clone(), ..TlsConfig::default() };
    let error = server.tls.prepare(&config, &server.pki.trusted()).unwrap_err();
    assert!(matches!(error, TlsError::NoSuiteForOwnKey { .. }), "{error}");
    let config = TlsConfig { cipher_suites: rsa_only, max_version: TlsVersion::Tls13, ..TlsConfig::default() };
    server.tls.install(server.tls.prepare(&config, &server.pki.trusted()).unwrap());
    assert!(server.connect(server.client()).await.is_ok());
}

#[tokio::test]
async fn the_server_shows_its_leaf_and_the_intermediate() {
    let server = TestServer::start().await;
    let stream = server.connect(server.client()).await.unwrap();
    let shown = stream.get_ref().1.peer_certificates().unwrap();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[1], server.pki.intermediate);
}

#[tokio::test]
async fn a_client_certificate_of_ours_reaches_the_routes_with_and_without_its_intermediate() {
    let server = TestServer::start().await;
    for versions in [&[&TLS12], &[&TLS13]] {
        for with_intermediate in [false, true] {
            let mut identity = server.pki.leaf(&[ClientAuth, ServerAuth]);
            if with_intermediate {
                identity.chain.push(server.pki.intermediate.clone());
            }
            let lengths: Vec<_> = identity.chain.iter().map(|certificate| certificate.len()).collect();
            let config = server.client_of(versions, Some(identity));
            assert_eq!(renew(&server, config).await, "HTTP/1.1 201 Created");
            let call = server.ca.calls.lock().unwrap().pop().unwrap();
            assert_eq!(call, format!("renew {lengths:?} Some(127.0.0.1)"));
        }
    }
}

#[tokio::test]
async fn a_client_without_certificate_is_let_in_but_cannot_renew() {
    let server = TestServer::start().await;
    assert_eq!(renew(&server, server.client()).await, "HTTP/1.1 400 Bad Request");
}

#[tokio::test]
async fn certificates_that_are_not_for_clients_of_ours_are_not_let_in() {
    let server = TestServer::start().await;
    let strangers = [
        ("self-signed", Pki::stranger()),
        ("of another CA", Pki::new().leaf(&[ClientAuth])),
        ("not for clients", server.pki.leaf(&[ServerAuth])),
        ("for nothing in particular", server.pki.leaf(&[])),
    ];
    for (what, identity) in strangers {
        for versions in [&[&TLS12], &[&TLS13]] {
            let identity = pki::Identity { chain: identity.chain.clone(), key: identity.key.clone_key() };
            assert_eq!(renew(&server, server.client_of(versions, Some(identity))).await, "", "{what}");
        }
    }
    assert!(server.ca.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_presented_chain_is_read_up_to_the_limit_and_not_beyond() {
    let server = TestServer::start().await;
    let limit = crate::limits::PRESENTED_CHAIN;
    for (length, answer) in [(limit - 1, "HTTP/1.1 201 Created"), (limit, "HTTP/1.1 201 Created"), (limit + 1, "")] {
        let mut identity = server.pki.leaf(&[ClientAuth]);
        identity.chain.resize(length, server.pki.intermediate.clone());
        assert_eq!(renew(&server, server.client_of(&[&TLS13], Some(identity))).await, answer, "{length}");
    }
}

#[tokio::test]
async fn a_handshake_in_the_last_minute_renews_the_own_certificate_once() {
    let server = TestServer::start().await;
    for (now, issued) in [
        (pki::NOW, 1),
        (pki::NOW + pki::DAY - 61, 1),
        (pki::NOW + pki::DAY - 60, 2),
        (pki::NOW + pki::DAY + 5, 2),
        // Long after its end: a machine that slept.
        (pki::NOW + 2 * pki::DAY + 100, 3),
    ] {
        server.clock.set(Timestamp::from_unix(now));
        shake_hands_eight_times(&server).await;
        assert_eq!(server.pki.issued.load(Ordering::Relaxed), issued, "{now}");
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_renewed_is_still_shown_and_not_asked_for_by_everyone() {
    let server = TestServer::start().await;
    server.pki.is_broken.store(true, Ordering::Relaxed);
    server.clock.set(Timestamp::from_unix(pki::NOW + pki::DAY));
    shake_hands_eight_times(&server).await;
    let asked = server.pki.issued.load(Ordering::Relaxed);
    assert!((2..9).contains(&asked), "{asked}");
}

/// At once, and all of them well.
async fn shake_hands_eight_times(server: &TestServer) {
    let (config, mut handshakes) = (Arc::new(server.client()), tokio::task::JoinSet::new());
    for _ in 0..8 {
        let (config, address) = (config.clone(), server.address);
        handshakes.spawn(async move {
            let socket = TcpStream::connect(address).await.unwrap();
            TlsConnector::from(config).connect(ServerName::try_from("localhost").unwrap(), socket).await.is_ok()
        });
    }
    assert!(handshakes.join_all().await.into_iter().all(|is_ok| is_ok));
}

#[tokio::test]
async fn sessions_resume_until_the_configuration_changes() {
    let server = TestServer::start().await;
    for versions in [&[&TLS12], &[&TLS13]] {
        let config = Arc::new(server.client_of(versions, Some(server.pki.leaf(&[ClientAuth]))));
        let mut kinds = Vec::new();
        for round in 0..3 {
            if round == 2 {
                let tls = TlsConfig { max_version: TlsVersion::Tls13, ..TlsConfig::default() };
                server.tls.install(server.tls.prepare(&tls, &server.pki.trusted()).unwrap());
            }
            let mut stream = server.connect_with(config.clone()).await.unwrap();
            // TLS 1.3 tickets come with the first answer.
            ask_health(&mut stream).await.unwrap();
            kinds.push(stream.get_ref().1.handshake_kind().unwrap());
        }
        assert_eq!(kinds, [HandshakeKind::Full, HandshakeKind::Resumed, HandshakeKind::Full]);
    }
}
