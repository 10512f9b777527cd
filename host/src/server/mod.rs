//! The listener: sockets, TLS, HTTP, and when to stop.
//!
//! Handshakes run beside each other and beside the accept loop, so a slow peer delays nobody. Everything a peer can make
//! us hold is capped in number and in time (see [`limits`]). What a request means is none of this room's business.

mod client_verifier;
mod connection;
mod entrance;
mod listener;
mod meters;
mod own_certificate;
mod peer;
mod tls;
mod unfinished;

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    sync::{mpsc, watch},
    task::{JoinError, JoinSet},
    time::timeout,
};

use self::{
    connection::{Arrived, Http},
    entrance::{Admitted, Entrance},
};
pub use self::{
    listener::{ListenError, Listener, Relocation},
    meters::ServerMeters,
    own_certificate::{
        Issuing, OnlineCertificate, OnlineIssuer, OwnCertificate, OwnCertificateError, Paused, Showable,
    },
    peer::Peer,
    tls::{Tls, TlsError, TlsInWaiting},
};
use crate::limits;

/// A listener and where it moves: the kernel queues connections, and [`serve`](Server::serve) answers them.
pub struct Server {
    listener: Listener,
    moves: mpsc::Receiver<Listener>,
    relocation: Relocation,
    meters: ServerMeters,
}

impl Server {
    /// A server that will answer whoever connects to `listener`.
    pub fn new(listener: Listener) -> Self {
        let (relocation, moves) = Relocation::new();
        Self { listener, moves, relocation, meters: ServerMeters::default() }
    }

    /// Where it listens: the port is the kernel's choice when 0 was asked for.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_address()
    }

    /// What it counts.
    pub fn meters(&self) -> &ServerMeters {
        &self.meters
    }

    /// What moves it to another address while it serves.
    pub fn relocation(&self) -> Relocation {
        self.relocation.clone()
    }

    /// Serves `router` until `stop` completes, then answers what was accepted: nobody new is let in, idle connections
    /// are closed in good order, and after [`limits::DRAIN_TIME`] whoever is left is cut off.
    pub async fn serve(self, tls: Arc<Tls>, router: Router, stop: impl Future<Output = ()>) -> Drained {
        let Self { mut listener, mut moves, meters, .. } = self;
        let mut connections = Connections::new(tls, router, meters);
        let mut stop = pin!(stop);
        loop {
            let admitted = tokio::select! {
                () = &mut stop => break,
                Some(next) = moves.recv() => {
                    connections.start_waiting(&listener).await;
                    listener = next;
                    continue;
                }
                Some(ended) = connections.tasks.join_next() => {
                    note_panic(ended);
                    continue;
                }
                admitted = connections.entrance.admit(listener.socket()) => admitted,
            };
            connections.start(admitted);
        }
        connections.drain(listener).await
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
    meters: ServerMeters,
    tasks: JoinSet<()>,
    stopping: watch::Sender<bool>,
}

impl Connections {
    fn new(tls: Arc<Tls>, router: Router, meters: ServerMeters) -> Self {
        Self {
            meters,
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
        let (stopping, meters) = (self.stopping.subscribe(), self.meters.clone());
        self.tasks.spawn(async move {
            let _connected = meters.connected();
            // Answers are one write each; waiting for more to send would only delay them.
            let _ = socket.set_nodelay(true);
            tls.own_certificate().refresh_if_ending().await;
            let arrived = Arrived { socket, address, ticket };
            connection::serve(arrived, tls.acceptor(), http, router, &meters, stopping).await;
            drop(place);
        });
    }

    /// Lets in whoever waits in the queue of a socket that is about to close. The kernel has let them in already, and
    /// would cut them off.
    async fn start_waiting(&mut self, listener: &Listener) {
        for _ in 0..BACKLOG {
            match timeout(Duration::ZERO, self.entrance.admit(listener.socket())).await {
                Ok(admitted) => self.start(admitted),
                Err(_) => break,
            }
        }
    }

    async fn drain(mut self, listener: Listener) -> Drained {
        self.start_waiting(&listener).await;
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
