//! A listening socket from the supervisor, as `sd_listen_fds(3)` describes it.

use rustix::process::{ForeignRawFd, PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::SockRef;
use std::{io, net::TcpListener};
use thiserror::Error;

/// The socket the process was started with, if it was.
///
/// # Errors
/// There are several, or it is none that clients can connect to.
pub fn inherited_listener() -> Result<Option<TcpListener>, ActivationError> {
    let mut numbers = sd_notify::listen_fds().map_err(ActivationError::Unusable)?;
    match (numbers.next(), numbers.len()) {
        (None, _) => Ok(None),
        (Some(number), 0) => take(number).map(Some),
        (Some(_), others) => Err(ActivationError::Several { count: others + 1 }),
    }
}

/// Takes a descriptor by its number. It may not be open, or belong to somebody: the kernel gives us another for the same
/// socket, and whatever the number stands for stays as it is.
fn take(number: ForeignRawFd) -> Result<TcpListener, ActivationError> {
    let unusable = |error: rustix::io::Errno| ActivationError::Unusable(error.into());
    let this = pidfd_open(getpid(), PidfdFlags::empty()).map_err(unusable)?;
    let listener = TcpListener::from(pidfd_getfd(&this, number, PidfdGetfdFlags::empty()).map_err(unusable)?);
    listener.local_addr().map_err(ActivationError::Unusable)?;
    if !SockRef::from(&listener).is_listener().map_err(ActivationError::Unusable)? {
        return Err(ActivationError::NotListening);
    }
    Ok(listener)
}

/// The supervisor's socket is of no use.
#[derive(Debug, Error)]
pub enum ActivationError {
    /// One is enough.
    #[error("LISTEN_FDS names {count} sockets, and a CA listens on one")]
    Several {
        /// How many.
        count: usize,
    },
    /// It is not bound, or has not been told to listen: `Accept=yes` gives such sockets.
    #[error("the socket in LISTEN_FDS does not listen; write Accept=no in the socket unit")]
    NotListening,
    /// It cannot be taken over, or is no TCP socket.
    #[error("the socket in LISTEN_FDS cannot be used: {0}")]
    Unusable(io::Error),
}
