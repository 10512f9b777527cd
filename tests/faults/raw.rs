//! Octets over TLS, from peers that do not keep to HTTP.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, LazyLock},
};

use authority::Certificate;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    net::{TcpSocket, TcpStream},
    runtime::Runtime,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// What all peers run on.
pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// A connection without TLS from this address of the loopback network.
pub(crate) async fn connect(from: IpAddr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

/// A client of TLS that offers this protocol.
pub(crate) fn connector(root: &Certificate, alpn: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(root.der().to_vec().into()).unwrap();
    let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// A handshake over a connection.
pub(crate) async fn handshake(connector: &TlsConnector, socket: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
    connector.connect(ServerName::try_from("localhost").unwrap(), socket).await
}

/// A peer that writes what it likes, while something reads whatever comes, so that neither side waits for the other.
pub(crate) struct Peer {
    writer: WriteHalf<TlsStream<TcpStream>>,
    reading: JoinHandle<Vec<u8>>,
}

impl Peer {
    pub(crate) async fn new(root: &Certificate, alpn: &[u8], to: SocketAddr) -> Self {
        let socket = TcpStream::connect(to).await.unwrap();
        let (reader, writer) = tokio::io::split(handshake(&connector(root, alpn), socket).await.unwrap());
        Self { writer, reading: tokio::spawn(read(reader)) }
    }

    /// Whether the other side still listens.
    pub(crate) async fn write(&mut self, octets: &[u8]) -> bool {
        self.writer.write_all(octets).await.is_ok() && self.writer.flush().await.is_ok()
    }

    /// Says that nothing follows, and returns what came.
    pub(crate) async fn end(mut self) -> Vec<u8> {
        let _ = self.writer.shutdown().await;
        self.reading.await.unwrap()
    }
}

/// Reads to the end, however it comes; the first mebibyte is kept.
async fn read(mut reader: ReadHalf<TlsStream<TcpStream>>) -> Vec<u8> {
    let (mut kept, mut octets) = (Vec::new(), vec![0; 16 << 10]);
    while let Ok(length @ 1..) = reader.read(&mut octets).await {
        if kept.len() < 1 << 20 {
            kept.extend(&octets[..length]);
        }
    }
    kept
}
