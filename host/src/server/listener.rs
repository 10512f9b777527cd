//! The socket that clients connect to.

use std::{
    io,
    net::{self, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use crate::config::Address;

/// A bound socket: from now on the kernel queues connections.
pub struct Listener(TcpListener);

/// Nobody can connect.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    address: String,
    source: io::Error,
}

impl Listener {
    /// Binds the address of the configuration. Without a host it is every address of the machine.
    ///
    /// # Errors
    /// The address is in use, not ours, or needs a privilege.
    pub async fn bind(address: &Address) -> Result<Self, ListenError> {
        let bound = match &address.host {
            Some(host) => TcpListener::bind((host.as_str(), address.port)).await,
            None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, address.port)).await {
                Ok(listener) => Ok(listener),
                // A machine without IPv6.
                Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port)).await,
            },
        };
        bound.and_then(Self::new).map_err(|source| ListenError { address: address.to_string(), source })
    }

    /// Takes over a socket that somebody else has bound.
    ///
    /// # Errors
    /// The runtime cannot wait for it.
    pub fn inherit(socket: net::TcpListener) -> Result<Self, ListenError> {
        let inherit = |socket: net::TcpListener| {
            socket.set_nonblocking(true)?;
            Self::new(TcpListener::from_std(socket)?)
        };
        inherit(socket).map_err(|source| ListenError { address: "the inherited socket".to_owned(), source })
    }

    /// Whoever is accepted inherits the keep-alive, so that a peer that has vanished is noticed.
    fn new(listener: TcpListener) -> io::Result<Self> {
        let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
        SockRef::from(&listener).set_tcp_keepalive(&keep_alive)?;
        Ok(Self(listener))
    }

    /// Where it listens: the port is the kernel's choice when 0 was asked for.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> io::Result<TcpStream> {
        self.0.accept().await.map(|(socket, _)| socket)
    }

    pub(super) fn socket(&self) -> &TcpListener {
        &self.0
    }
}

const KEEP_ALIVE: Duration = Duration::from_secs(3 * 60);

/// Moves a running server to another address.
#[derive(Clone)]
pub struct Relocation(mpsc::Sender<Listener>);

impl Relocation {
    pub(super) fn new() -> (Self, mpsc::Receiver<Listener>) {
        let (moves, receiver) = mpsc::channel(1);
        (Self(moves), receiver)
    }

    /// The server answers on `listener` from now on. Whoever had reached the old socket is answered, too; then it closes.
    pub async fn to(&self, listener: Listener) {
        // A server that has stopped goes nowhere.
        let _ = self.0.send(listener).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_that_has_vanished_is_asked_after_three_minutes() {
        let listener = Listener::bind(&Address { host: Some("127.0.0.1".into()), port: 0 }).await.unwrap();
        let _client = TcpStream::connect(listener.local_address().unwrap()).await.unwrap();
        let (accepted, _) = listener.socket().accept().await.unwrap();
        let accepted = SockRef::from(&accepted);
        assert!(accepted.keepalive().unwrap());
        assert_eq!(accepted.tcp_keepalive_time().unwrap(), KEEP_ALIVE);
        assert_eq!(accepted.tcp_keepalive_interval().unwrap(), KEEP_ALIVE);
    }
}
