//! Who is let in.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::unfinished::{Ticket, Unfinished};
use crate::limits;

/// Lets in [`limits::CONNECTIONS`], of which each peer may have [`limits::UNFINISHED_PER_PEER`] that have not asked
/// anything yet.
pub(super) struct Entrance {
    places: Arc<Semaphore>,
    unfinished: Arc<Unfinished>,
}

/// A connection with its place and its ticket, to be kept as long as it lasts.
pub(super) struct Admitted {
    pub(super) socket: TcpStream,
    pub(super) address: SocketAddr,
    pub(super) ticket: Ticket,
    pub(super) place: OwnedSemaphorePermit,
}

impl Entrance {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits::CONNECTIONS)),
            unfinished: Unfinished::new(limits::UNFINISHED_PER_PEER),
        }
    }

    /// Waits for the next connection, and for a place for it. When there is none, or the process has no descriptor
    /// left, the oldest connection that has not asked anything yet makes room.
    pub(super) async fn admit(&self, listener: &TcpListener) -> Admitted {
        loop {
            if self.places.available_permits() == 0 {
                self.unfinished.close_oldest();
            }
            let place = Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed");
            match listener.accept().await {
                Ok((socket, address)) => {
                    let ticket = self.unfinished.enter(address.ip());
                    return Admitted { socket, address, ticket, place };
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections");
                    self.unfinished.close_oldest();
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

const PAUSE: Duration = Duration::from_millis(50);

/// Errors that `accept` reports but that belong to the connection, which is gone.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::ConnectionRefused | E::ConnectionAborted | E::ConnectionReset)
}
