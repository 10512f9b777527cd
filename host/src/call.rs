//! The facts of one request that no credential can change.

use authority::Timestamp;
use std::net::IpAddr;

/// One request at the door.
#[derive(Clone, Debug)]
pub struct Call {
    /// Correlates log lines, audit records and the client's error.
    pub request_id: String,
    /// When the host began to handle it. Everything on the road uses this time.
    pub now: Timestamp,
    /// The peer's address, without port, when it came over the network.
    pub peer: Option<IpAddr>,
}

/// The validity a client asked for, relative values resolved.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Requested {
    /// Not valid before.
    pub not_before: Option<Timestamp>,
    /// Not valid after.
    pub not_after: Option<Timestamp>,
}
