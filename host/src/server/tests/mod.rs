//! The listener over real sockets, with a throw-away PKI, in front of the routes and a CA that is a fake.

mod http;
mod pki;
mod relocation;
mod shutdown;
mod tls;

use std::{io, net::SocketAddr, sync::Arc};

use authority::Timestamp;
use rustls::{ClientConfig, crypto::aws_lc_rs, pki_types::ServerName, version};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use self::pki::{Pki, TestIssuer};
use super::{Drained, Listener, OwnCertificate, Relocation, Server, Tls};
use crate::{
    clock::Held,
    config::{Address, TlsConfig, TlsVersion},
    routes::{router, tests::FakeCa},
};

/// A running server.
struct TestServer {
    address: SocketAddr,
    relocation: Relocation,
    pki: Arc<Pki>,
    clock: Arc<Held>,
    tls: Arc<Tls>,
    ca: Arc<FakeCa>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Drained>,
}

impl TestServer {
    async fn start() -> Self {
        Self::start_with(&TlsConfig { max_version: TlsVersion::Tls13, ..TlsConfig::default() }).await
    }

    async fn start_with(config: &TlsConfig) -> Self {
        let (pki, ca) = (Arc::new(Pki::new()), Arc::new(FakeCa::default()));
        let clock = Arc::new(Held::at(Timestamp::from_unix(pki::NOW)));
        let own = OwnCertificate::obtain(TestIssuer(pki.clone()), clock.clone()).await.unwrap();
        let tls = Arc::new(Tls::new(config, &pki.trusted(), own).unwrap());
        let server = Server::new(listener().await);
        let (address, relocation) = (server.local_address().unwrap(), server.relocation());
        let (stop, stopped) = oneshot::channel();
        let stopped = async move {
            let _ = stopped.await;
        };
        let running = tokio::spawn(server.serve(tls.clone(), router(ca.clone()), stopped));
        Self { address, relocation, pki, clock, tls, ca, stop, running }
    }

    /// What a client that trusts the root needs.
    fn client(&self) -> ClientConfig {
        self.client_of(&[&version::TLS13, &version::TLS12], None)
    }

    fn client_of(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
        identity: Option<pki::Identity>,
    ) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(self.pki.client_roots());
        match identity {
            Some(pki::Identity { chain, key }) => builder.with_client_auth_cert(chain, key).unwrap(),
            None => builder.with_no_client_auth(),
        }
    }

    async fn connect(&self, config: ClientConfig) -> io::Result<TlsStream<TcpStream>> {
        self.connect_with(Arc::new(config)).await
    }

    async fn connect_with(&self, config: Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
        let socket = TcpStream::connect(self.address).await?;
        TlsConnector::from(config).connect(ServerName::try_from("localhost").unwrap(), socket).await
    }

    /// Sends octets over a connection of its own and reads until the server closes it.
    async fn exchange(&self, octets: &str) -> String {
        let mut stream = self.connect(self.client()).await.unwrap();
        stream.write_all(octets.as_bytes()).await.unwrap();
        read_to_end(&mut stream).await
    }

    async fn stop(self) -> Drained {
        self.stop.send(()).unwrap();
        self.running.await.unwrap()
    }
}

/// A free port of this machine.
async fn listener() -> Listener {
    Listener::bind(&Address { host: Some("127.0.0.1".into()), port: 0 }).await.unwrap()
}

/// What comes until the connection ends, however it ends.
async fn read_to_end(stream: &mut TlsStream<TcpStream>) -> String {
    let (mut text, mut octets) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut octets).await {
        text.extend_from_slice(&octets[..length]);
    }
    String::from_utf8(text).unwrap()
}

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Sends `GET /health` and reads exactly its answer, so that the connection can be used again.
async fn ask_health(stream: &mut TlsStream<TcpStream>) -> io::Result<String> {
    stream.write_all(HEALTH.as_bytes()).await?;
    let (mut text, mut octets) = (String::new(), [0; 4096]);
    while !text.ends_with("{\"status\":\"ok\"}\n") {
        match stream.read(&mut octets).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => text.push_str(std::str::from_utf8(&octets[..length]).unwrap()),
        }
    }
    Ok(text)
}
