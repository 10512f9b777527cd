//! The end of a server: what was accepted is answered, nobody new is let in.

use super::*;

#[tokio::test]
async fn a_request_in_flight_is_answered_and_nobody_new_is_let_in() {
    let server = TestServer::start().await;
    let mut busy = server.connect(server.client()).await.unwrap();
    let body = r#"{"csr":"CSR","ott":"good-slow"}"#;
    let request = format!("POST /sign HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    busy.write_all(request.as_bytes()).await.unwrap();
    server.ca.waiting.acquire().await.unwrap().forget();

    let TestServer { address, ca, stop, running, .. } = server;
    stop.send(()).unwrap();
    // The socket closes as soon as its queue is empty.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.is_finished());
    ca.gate.add_permits(1);
    let answer = read_to_end(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    assert_eq!(running.await.unwrap(), Drained { abandoned: 0 });
}

#[tokio::test]
async fn idle_connections_are_closed_in_good_order() {
    let server = TestServer::start().await;
    let mut idle = server.connect(server.client()).await.unwrap();
    ask_health(&mut idle).await.unwrap();
    let mut http2 = server.client();
    http2.alpn_protocols = vec![b"h2".to_vec()];
    let http2 = reqwest::Client::builder().tls_backend_preconfigured(http2).no_proxy().build().unwrap();
    let url = format!("https://localhost:{}/health", server.address.port());
    assert_eq!(http2.get(&url).send().await.unwrap().status(), 200);

    assert_eq!(server.stop().await, Drained { abandoned: 0 });
    // A TLS close_notify, not a cut.
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0);
    assert!(http2.get(&url).send().await.is_err());
}

#[tokio::test]
async fn a_client_that_was_accepted_before_the_end_is_answered_after_it() {
    let server = TestServer::start().await;
    let mut stream = server.connect(server.client()).await.unwrap();
    let TestServer { stop, running, .. } = server;
    stop.send(()).unwrap();
    tokio::task::yield_now().await;
    assert!(ask_health(&mut stream).await.unwrap().contains("200 OK"));
    assert_eq!(running.await.unwrap(), Drained { abandoned: 0 });
}

#[tokio::test]
async fn a_connection_that_never_says_anything_does_not_outlive_the_server() {
    let server = TestServer::start().await;
    let silent = server.connect(server.client()).await.unwrap();
    let Drained { abandoned } = server.stop().await;
    assert_eq!(abandoned, 0);
    drop(silent);
}
