use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

use super::*;
use crate::test_ca::{Applicant, TestCa};

/// A collector that takes everything: the request lines and the bodies it is sent.
async fn collector() -> (std::net::SocketAddr, mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut octets = Vec::new();
            while !is_whole(&octets) && socket.read_buf(&mut octets).await.unwrap() > 0 {}
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
            sender.send(octets).unwrap();
        }
    });
    (address, received)
}

fn is_whole(octets: &[u8]) -> bool {
    let Some(end) = octets.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&octets[..end]).to_ascii_lowercase();
    let length: usize = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    octets.len() >= end + 4 + length
}

fn has(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_and_the_parts_of_its_road_reach_the_collector_below_the_clients_span() {
    let (address, mut received) = collector().await;
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = exporter.with_endpoint(format!("http://{address}/v1/traces"));
    let traces = send_to(exporter.with_http_client(Collector::new(Handle::current())).build().unwrap()).unwrap();

    let ca = TestCa::start().await;
    let applicant = Applicant::new(&ca);
    let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let sign = ca.client(false).post(ca.url("/1.0/sign")).header("traceparent", format!("00-{trace}-{parent}-01"));
    assert_eq!(sign.body(applicant.body()).send().await.unwrap().status().as_u16(), 201);
    ca.stop().await;
    tokio::task::spawn_blocking(move || drop(traces)).await.unwrap();

    let batch = received.recv().await.unwrap();
    assert!(batch.starts_with(b"POST /v1/traces HTTP/1.1\r\n"), "{}", String::from_utf8_lossy(&batch));
    let identifier = |text: &str| hex::decode(text).unwrap();
    assert!(has(&batch, &identifier(trace)) && has(&batch, &identifier(parent)));
    for name in ["POST /1.0/sign", "authorize", "draft", "review", "record", "step-ca"] {
        assert!(has(&batch, name.as_bytes()), "{name}");
    }
    assert!(!has(&batch, b"a.example"), "whom it is for is nobody's business");
}
