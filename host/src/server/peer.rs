//! Who is at the other end of a connection.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use rustls::{ServerConnection, pki_types::CertificateDer};

/// The other end of a connection: an extension of every request that came over the network.
#[derive(Clone, Debug)]
pub struct Peer {
    address: SocketAddr,
    chain: Option<Arc<[CertificateDer<'static>]>>,
}

impl Peer {
    /// What is known once the handshake is done.
    pub(crate) fn of(address: SocketAddr, connection: &ServerConnection) -> Self {
        let chain = connection.peer_certificates().filter(|chain| !chain.is_empty()).map(Arc::from);
        Self { address, chain }
    }

    /// Its address, without the port.
    pub fn ip(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }

    /// What it presented in the handshake, its own certificate first; `None` when it presented nothing.
    ///
    /// The first was verified when the connection began, for the purpose clientAuth and to our roots and intermediates.
    /// What follows is what the client chose to send, be it on the path or not. A connection can outlive a certificate,
    /// and a resumed one inherits what an earlier handshake verified: whoever grants something for a certificate looks
    /// again whether it is expired or revoked.
    pub fn chain(&self) -> Option<Arc<[CertificateDer<'static>]>> {
        self.chain.clone()
    }
}

#[cfg(test)]
impl Peer {
    /// For tests of whoever reads it.
    pub(crate) fn new(address: SocketAddr, chain: Option<Arc<[CertificateDer<'static>]>>) -> Self {
        Self { address, chain }
    }
}
