//! What the listener counts.

use std::{net::SocketAddr, sync::Arc};

use prometheus::{IntCounter, IntGauge};
use rustls::Error as TlsError;

use crate::{
    limits,
    metrics::{self, Metrics},
    telemetry::Throttle,
};

/// Instruments of a listener; clones count together.
#[derive(Clone)]
pub struct ServerMeters {
    connections: IntGauge,
    handshakes: prometheus::IntCounterVec,
    completed: IntCounter,
    throttle: Arc<Throttle>,
}

impl Default for ServerMeters {
    fn default() -> Self {
        let handshakes =
            metrics::counters("step_ca_tls_handshakes_total", "TLS handshakes, by how they ended.", &["outcome"]);
        Self {
            connections: IntGauge::new("step_ca_connections", "Open connections.")
                .expect("the names of metrics are right"),
            throttle: Arc::new(Throttle::new(limits::HANDSHAKE_LINES)),
            completed: handshakes.with_label_values(&["ok"]),
            handshakes,
        }
    }
}

impl ServerMeters {
    /// Shows all of it.
    pub fn register(&self, metrics: &Metrics) {
        metrics.register(self.connections.clone());
        metrics.register(self.handshakes.clone());
    }

    /// A connection is open until what is returned is dropped.
    pub(super) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    pub(super) fn completed(&self) {
        self.completed.inc();
    }

    /// Counts it, and tells the operator in upstream's words, unless that was done often this second.
    pub(super) fn failed(&self, address: SocketAddr, failure: &Failure) {
        self.handshakes.with_label_values(&[failure.word()]).inc();
        match self.throttle.pass() {
            Some(0) => tracing::info!("http: TLS handshake error from {address}: {failure}"),
            Some(untold) => tracing::info!(untold, "http: TLS handshake error from {address}: {failure}"),
            None => {}
        }
    }
}

/// One open connection.
pub(super) struct Connected(IntGauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// How a handshake came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It took too long.
    #[error("it took too long")]
    TimedOut,
    /// It made room for another connection.
    #[error("it made room for another connection")]
    Displaced,
    /// TLS says why.
    #[error("{0}")]
    Tls(TlsError),
    /// The peer is gone.
    #[error("{0}")]
    Io(std::io::Error),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<TlsError>() {
            Ok(error) => Self::Tls(error),
            Err(error) => Self::Io(error),
        }
    }
}

impl Failure {
    /// One word of a short list.
    fn word(&self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Displaced => "displaced",
            Self::Io(_) => "disconnected",
            Self::Tls(TlsError::AlertReceived(_)) => "refused_by_peer",
            Self::Tls(TlsError::InvalidCertificate(_) | TlsError::NoCertificatesPresented) => "client_certificate",
            Self::Tls(TlsError::PeerIncompatible(_)) => "incompatible",
            Self::Tls(_) => "protocol",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn tls_inside_an_input_error_is_told_from_a_lost_connection() {
        let tls = io::Error::new(io::ErrorKind::InvalidData, TlsError::DecryptError);
        assert_eq!(Failure::from(tls).word(), "protocol");
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::ConnectionReset)).word(), "disconnected");
    }
}
