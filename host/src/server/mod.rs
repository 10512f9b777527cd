//! The listener: sockets, TLS, HTTP, and when to stop.
//!
//! Handshakes run beside each other and beside the accept loop, so a slow peer delays nobody. Everything a peer can make
//! us hold is capped in number and in time (see [`limits`]). What a request means is none of this room's business.

mod client_verifier;
mod connection;
mod entrance;
mod own_certificate;
mod peer;
mod tls;
mod unfinished;

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::Router;
use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
    time::timeout,
};

use self::{
    connection::Http,
    entrance::{Admitted, Entrance},
};
pub use self::{
    own_certificate::{Issuing, OnlineCertificate, OnlineIssuer, OwnCertificate, OwnCertificateError},
    peer::Peer,
    tls::{Tls, TlsError},
};
use crate::{config::Address, limits};

/// Nobody can connect.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    address: String,
    source: io::Error,
}

/// A bound socket: from now on the kernel queues connections, and [`serve`](Server::serve) answers them.
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Binds the address of the configuration. Without a host it is every address of the machine.
    ///
    /// # Errors
    /// The address is in use, not ours, or needs a privilege.
    pub async fn bind(address: &Address) -> Result<Self, ListenError> {
        let listener = match &address.host {
            Some(host) => TcpListener::bind((host.as_str(), address.port)).await,
            None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, address.port)).await {
                Ok(listener) => Ok(listener),
                // A machine without IPv6.
                Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port)).await,
            },
        };
        match listener {
            Ok(listener) => Ok(Self { listener }),
            Err(source) => Err(ListenError { address: address.to_string(), source }),
        }
    }

    /// Where it listens: the port is the kernel's choice when 0 was asked for.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves `router` until `stop` completes, then answers what was accepted: nobody new is let in, idle connections
    /// are closed in good order, and after [`limits::DRAIN_TIME`] whoever is left is cut off.
    pub async fn serve(self, tls: Arc<Tls>, router: Router, stop: impl Future<Output = ()>) -> Drained {
        let mut connections = Connections::new(tls, router);
        let mut stop = pin!(stop);
        loop {
            let admitted = tokio::select! {
                () = &mut stop => break,
                Some(ended) = connections.tasks.join_next() => {
                    note_panic(ended);
                    continue;
                }
                admitted = connections.entrance.admit(&self.listener) => admitted,
            };
            connections.start(admitted);
        }
        connections.drain(self.listener).await
    }
}

/// How the end went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Drained {
    /// Connections that were cut off because they did not end in time.
    pub abandoned: usize,
}

/// The open connections of one server.
struct Connections {
    tls: Arc<Tls>,
    router: Router,
    http: Http,
    entrance: Entrance,
    tasks: JoinSet<()>,
    stopping: watch::Sender<bool>,
}

impl Connections {
    fn new(tls: Arc<Tls>, router: Router) -> Self {
        Self {
            tls,
            router,
            http: Http::new(),
            entrance: Entrance::new(),
            tasks: JoinSet::new(),
            stopping: watch::Sender::new(false),
        }
    }

    fn start(&mut self, Admitted { socket, address, ticket, place }: Admitted) {
        let (tls, http, router) = (Arc::clone(&self.tls), self.http.clone(), self.router.clone());
        let stopping = self.stopping.subscribe();
        self.tasks.spawn(async move {
            // Answers are one write each; waiting for more to send would only delay them.
            let _ = socket.set_nodelay(true);
            tls.own_certificate().refresh_if_ending().await;
            connection::serve(socket, address, ticket, tls.acceptor(), http, router, stopping).await;
            drop(place);
        });
    }

    async fn drain(mut self, listener: TcpListener) -> Drained {
        // Whoever waits in the kernel's queue was let in; to close the socket now would cut them off.
        for _ in 0..BACKLOG {
            match timeout(Duration::ZERO, self.entrance.admit(&listener)).await {
                Ok(admitted) => self.start(admitted),
                Err(_) => break,
            }
        }
        drop(listener);
        self.stopping.send_replace(true);
        let all_ended = async {
            while let Some(ended) = self.tasks.join_next().await {
                note_panic(ended);
            }
        };
        let _ = timeout(limits::DRAIN_TIME, all_ended).await;
        Drained { abandoned: self.tasks.len() }
    }
}

/// As many as the kernel keeps waiting for a tokio listener.
const BACKLOG: usize = 1024;

fn note_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection panicked");
    }
}

#[cfg(test)]
mod tests;
