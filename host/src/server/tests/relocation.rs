//! A server that moves to another address.

use super::*;

#[tokio::test]
async fn whoever_had_reached_the_old_address_is_answered_and_then_it_closes() {
    let server = TestServer::start().await;
    let mut kept = server.connect(server.client()).await.unwrap();
    ask_health(&mut kept).await.unwrap();
    // Accepted by the kernel, and by nobody else yet.
    let waiting = TcpStream::connect(server.address).await.unwrap();

    let next = listener().await;
    let address = next.local_address().unwrap();
    server.relocation.to(next).await;
    let config = Arc::new(server.client());
    let name = ServerName::try_from("localhost").unwrap();
    let mut waiting = TlsConnector::from(config).connect(name, waiting).await.unwrap();
    for stream in [&mut waiting, &mut kept] {
        assert!(ask_health(stream).await.unwrap().contains("200 OK"));
    }
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let moved = TestServer { address, ..server };
    assert!(moved.exchange(CLOSING).await.starts_with("HTTP/1.1 200 OK"));
}

const CLOSING: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
