//! The listener of the metrics: plain HTTP, for the machine itself or a network of its own.
//!
//! It answers what it is given a router for, one request a connection, and holds few connections for a short time:
//! whoever floods it delays scrapes and nothing else.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, body::Body};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpStream,
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use crate::{
    config::Address,
    limits,
    server::{ListenError, Listener},
};

/// A bound socket, not served yet.
pub struct MetricsListener(Arc<Listener>);

impl MetricsListener {
    /// Binds the address.
    ///
    /// # Errors
    /// As [`Listener::bind`].
    pub async fn bind(address: &Address) -> Result<Self, ListenError> {
        Ok(Self(Arc::new(Listener::bind(address).await?)))
    }
}

/// Serves whichever socket it was given last, if any.
pub struct MetricsServer {
    listener: watch::Sender<Option<Arc<Listener>>>,
}

impl MetricsServer {
    /// Serves this socket from [`Self::serve`] on.
    pub fn new(listener: Option<MetricsListener>) -> Self {
        Self { listener: watch::Sender::new(listener.map(|MetricsListener(listener)| listener)) }
    }

    /// Where it listens, if it does.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn address(&self) -> io::Result<Option<SocketAddr>> {
        self.listener.borrow().as_ref().map(|listener| listener.local_address()).transpose()
    }

    /// Serves another socket from now on, or none.
    pub fn replace(&self, listener: Option<MetricsListener>) {
        self.listener.send_replace(listener.map(|MetricsListener(listener)| listener));
    }

    /// Answers, for ever.
    pub async fn serve(self: Arc<Self>, router: Router) {
        let mut current = self.listener.subscribe();
        let places = Arc::new(Semaphore::new(limits::METRICS_CONNECTIONS));
        loop {
            let listener = current.borrow_and_update().clone();
            let Some(listener) = listener else {
                if current.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            tokio::select! {
                changed = current.changed() => if changed.is_err() { return },
                accepted = listener.accept() => match accepted {
                    Ok(socket) => {
                        let answering = answer(socket, router.clone());
                        tokio::spawn(async move {
                            // A peer that is slow has had its time.
                            let _ = timeout(limits::METRICS_TIME, answering).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        tracing::debug!(%error, "cannot accept a connection for the metrics");
                        sleep(limits::METRICS_TIME / 50).await;
                    }
                },
            }
        }
    }
}

async fn answer(socket: TcpStream, router: Router) {
    use tower::ServiceExt as _;
    let service = TowerToHyperService::new(router.map_request(|request: hyper::Request<_>| request.map(Body::new)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits::METRICS_TIME).max_buf_size(limits::HEADERS);
    // Whoever has gone does not want the answer.
    let _ = http.keep_alive(false).serve_connection(TokioIo::new(socket), service).await;
}
