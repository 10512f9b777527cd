//! TLS under `axum::serve`: handshakes happen beside each other, and one that hangs holds up nobody.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at once; whoever comes then waits in the kernel's queue.
const HANDSHAKES: usize = 256;
/// After the kernel has refused a connection for want of something.
const PAUSE: Duration = Duration::from_millis(100);

/// Connections whose handshake is done, for `axum::serve`.
#[derive(Debug)]
pub struct TlsListener {
    address: SocketAddr,
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    /// Ends with the listener.
    _accepting: JoinSet<()>,
}

impl TlsListener {
    /// Accepts from a socket. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The socket has no address.
    pub(super) fn new(socket: TcpListener, config: ServerConfig) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let (sender, connections) = mpsc::channel(1);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(socket, TlsAcceptor::from(Arc::new(config)), sender));
        Ok(Self { address, connections, _accepting: accepting })
    }
}

async fn accept(socket: TcpListener, tls: TlsAcceptor, done: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>) {
    let mut handshakes = JoinSet::new();
    loop {
        while handshakes.len() >= HANDSHAKES {
            handshakes.join_next().await;
        }
        while handshakes.try_join_next().is_some() {}
        let Ok((stream, peer)) = socket.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (tls, done) = (tls.clone(), done.clone());
        handshakes.spawn(async move {
            // Whoever fails is told so by TLS; there is nobody else to tell.
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                let _ = done.send((stream, peer)).await;
            }
        });
    }
}

impl axum::serve::Listener for TlsListener {
    type Addr = SocketAddr;
    type Io = TlsStream<TcpStream>;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // The task that accepts ends with this listener, and not before.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}
