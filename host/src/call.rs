//! The facts of one request that no credential can change.

use crate::{routes::RequestId, witness::Witness};
use api_types::RequestedTime;
use authority::Timestamp;
use std::net::IpAddr;
use thiserror::Error;

/// One request at the door.
#[derive(Debug)]
pub struct Call {
    /// Correlates log lines, audit records and the client's error.
    pub request_id: String,
    /// When the host began to handle it. Everything on the road uses this time.
    pub now: Timestamp,
    /// The peer's address, without port, when it came over the network.
    pub peer: Option<IpAddr>,
    /// What is taken down while it is decided.
    pub witness: Witness,
}

impl Call {
    /// A request that has just come in.
    pub fn new(request_id: String, now: Timestamp, peer: Option<IpAddr>) -> Self {
        Self { request_id, now, peer, witness: Witness::default() }
    }

    /// A request of the CA itself, which nobody made over the network.
    pub fn own(now: Timestamp) -> Self {
        Self::new(RequestId::fresh().to_string(), now, None)
    }
}

/// The validity a client asked for, relative values resolved.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Requested {
    /// Not valid before.
    pub not_before: Option<Timestamp>,
    /// Not valid after.
    pub not_after: Option<Timestamp>,
}

impl Requested {
    /// Turns what a request says into times; a span of `not_after` counts from the start.
    ///
    /// # Errors
    /// A time that no certificate can name.
    pub fn resolve(not_before: RequestedTime, not_after: RequestedTime, now: Timestamp) -> Result<Self, OutOfRange> {
        let not_before = resolve(not_before, now, "notBefore")?;
        let not_after = resolve(not_after, not_before.unwrap_or(now), "notAfter")?;
        Ok(Self { not_before, not_after })
    }
}

fn resolve(time: RequestedTime, base: Timestamp, member: &'static str) -> Result<Option<Timestamp>, OutOfRange> {
    let time = match time {
        RequestedTime::Unset => return Ok(None),
        RequestedTime::At(seconds) => Some(Timestamp::from_unix(seconds)),
        RequestedTime::After(span) => base.as_unix().checked_add(span.as_secs()).map(Timestamp::from_unix),
    };
    time.filter(|time| time.is_encodable()).map(Some).ok_or(OutOfRange { member })
}

/// A requested time that no certificate can name.
#[derive(Debug, Error)]
#[error("{member} is not between the years 1970 and 9999")]
pub struct OutOfRange {
    member: &'static str,
}
