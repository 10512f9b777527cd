//! HTTP/1.1 and HTTP/2 over the listener, from clients that behave and from those that do not.

use super::*;

fn http_client(server: &TestServer, alpn: &[u8]) -> reqwest::Client {
    let mut config = server.client();
    config.alpn_protocols = vec![alpn.to_vec()];
    reqwest::Client::builder().tls_backend_preconfigured(config).no_proxy().build().unwrap()
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let server = TestServer::start().await;
    for (alpn, version) in [(&b"h2"[..], reqwest::Version::HTTP_2), (b"http/1.1", reqwest::Version::HTTP_11)] {
        let client = http_client(&server, alpn);
        let base = format!("https://localhost:{}", server.address.port());
        let answer = client.get(format!("{base}/health")).header("x-request-id", "mine").send().await.unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (version, 200));
        assert_eq!(answer.headers()["x-request-id"], "mine");
        assert_eq!(answer.text().await.unwrap(), "{\"status\":\"ok\"}\n");
        let body = format!(r#"{{"csr":"CSR","ott":"good {version:?}"}}"#);
        let answer = client.post(format!("{base}/1.0/sign")).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let answer = client.head(format!("{base}/nothing")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().len()), (404, 0));
        let answer = client.get(format!("{base}/sign")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "POST"));
    }
}

#[tokio::test]
async fn a_client_without_alpn_is_served() {
    let server = TestServer::start().await;
    let mut stream = server.connect(server.client()).await.unwrap();
    for _ in 0..3 {
        assert!(ask_health(&mut stream).await.unwrap().starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test]
async fn peers_that_say_nothing_keep_nobody_waiting() {
    let server = TestServer::start().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    // Half of a TLS record, and half of a request, from others.
    let mut stuck = TcpStream::connect(server.address).await.unwrap();
    stuck.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let mut halfway = server.connect(server.client()).await.unwrap();
    halfway.write_all(b"POST /sign HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
    let mut answered = 0;
    for _ in 0..20 {
        let mut stream = server.connect(server.client()).await.unwrap();
        answered += usize::from(ask_health(&mut stream).await.is_ok());
    }
    assert_eq!(answered, 20);
}

#[tokio::test]
async fn requests_on_one_http2_connection_do_not_wait_for_each_other() {
    let server = TestServer::start().await;
    let client = http_client(&server, b"h2");
    let base = format!("https://localhost:{}", server.address.port());
    let slow = client.post(format!("{base}/sign")).body(r#"{"csr":"CSR","ott":"good-slow"}"#).send();
    let slow = tokio::spawn(slow);
    server.ca.waiting.acquire().await.unwrap().forget();
    assert_eq!(client.get(format!("{base}/health")).send().await.unwrap().status(), 200);
    assert!(!slow.is_finished());
    server.ca.gate.add_permits(1);
    assert_eq!(slow.await.unwrap().unwrap().status(), 201);
}

/// SETTINGS_MAX_CONCURRENT_STREAMS is 3 (RFC 9113 §6.5.2).
#[tokio::test]
async fn a_client_of_http2_is_told_how_many_streams_it_may_open() {
    let server = TestServer::start().await;
    let mut config = server.client();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let mut stream = server.connect(config).await.unwrap();
    // The preface of a client, and settings without any.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut header = [0; 9];
    stream.read_exact(&mut header).await.unwrap();
    assert_eq!(header[3], 4, "the first frame of a server has its settings");
    let mut settings = vec![0; usize::from(header[2])];
    stream.read_exact(&mut settings).await.unwrap();
    let streams = settings.chunks_exact(6).find_map(|setting| setting.strip_prefix(&[0, 3])).unwrap();
    assert_eq!(streams, crate::limits::STREAMS.to_be_bytes());
}

#[tokio::test]
async fn a_body_that_says_it_is_too_long_is_refused_before_it_is_sent() {
    let server = TestServer::start().await;
    let head = "POST /sign HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1048577\r\nexpect: 100-continue\r\n\r\n";
    let answer = server.exchange(head).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"status\":413"), "{answer}");
}

#[tokio::test]
async fn a_client_that_sends_a_body_that_is_too_long_to_its_end_sees_why() {
    let server = TestServer::start().await;
    for (framing, begin, end) in
        [("content-length: 10485760", "", ""), ("transfer-encoding: chunked", "a00000\r\n", "\r\n0\r\n\r\n")]
    {
        let mut stream = server.connect(server.client()).await.unwrap();
        let head = format!("POST /sign HTTP/1.1\r\nhost: localhost\r\n{framing}\r\n\r\n{begin}");
        stream.write_all(head.as_bytes()).await.unwrap();
        // It looks at nothing before it has sent the last octet.
        stream.write_all(&vec![b' '; 10 << 20]).await.unwrap();
        stream.write_all(end.as_bytes()).await.unwrap();
        let answer = ask_health(&mut stream).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{framing}: {answer}");
        assert!(answer.contains("\"status\":413"), "{framing}: {answer}");
        assert!(answer.contains("HTTP/1.1 200 OK"), "{framing}: the connection is as good as before: {answer}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_not_read_for_ever() {
    let server = TestServer::start().await;
    let mut stream = server.connect(server.client()).await.unwrap();
    let head = "POST /sign HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1099511627776\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b' '; 1 << 20];
    let mut pieces = 0;
    while stream.write_all(&piece).await.is_ok() {
        pieces += 1;
        assert!(pieces < 256, "{pieces} MiB were read");
    }
}

#[tokio::test]
async fn a_body_that_does_not_say_how_long_it_is_is_refused_as_it_streams() {
    let server = TestServer::start().await;
    let mut stream = server.connect(server.client()).await.unwrap();
    stream.write_all(b"POST /sign HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..17 {
        // The server may have answered and closed by now.
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn requests_that_can_be_read_in_two_ways_are_not_read() {
    let server = TestServer::start().await;
    for head in [
        "POST /sign HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}\n",
        "POST /sign HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /sign HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /sign HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        "GET /he alth HTTP/1.1\r\nhost: a\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
    ] {
        let answer = server.exchange(head).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{head:?}: {answer}");
    }
}

#[tokio::test]
async fn after_a_request_with_two_framings_the_connection_ends() {
    // RFC 9112 §6.3 lets a server read the chunked body if it closes the connection: nothing can be smuggled behind it.
    let server = TestServer::start().await;
    for framings in
        ["transfer-encoding: chunked\r\ncontent-length: 5", "content-length: 5\r\ntransfer-encoding: chunked"]
    {
        let head = format!("POST /sign HTTP/1.1\r\nhost: a\r\n{framings}\r\n\r\n0\r\n\r\n{HEALTH}");
        let answer = server.exchange(&head).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn a_header_section_beyond_the_limit_is_refused() {
    let server = TestServer::start().await;
    let head = format!("GET /health HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(crate::limits::HEADERS));
    let answer = server.exchange(&head).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_panic_costs_one_answer_and_not_the_connection() {
    let server = TestServer::start().await;
    let mut stream = server.connect(server.client()).await.unwrap();
    let body = r#"{"csr":"CSR","ott":"panic"}"#;
    let request = format!("POST /sign HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = ask_health(&mut stream).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}");
    }
}
