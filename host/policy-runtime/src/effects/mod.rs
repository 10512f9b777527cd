//! What reaches outside the sandbox: who performs it, what was answered, and how it is answered again.
//!
//! A capability is an object: whoever embeds the policy host hands [`Grants`](crate::Grants) the [`ConsumeOnce`],
//! [`KeyValue`], [`Http`] and [`Dns`] of one policy, with its quotas and its lists of what is allowed inside. A policy without the
//! object cannot be loaded when it imports the interface. Every answer is kept in the [`Transcript`] of the call.

mod encoding;
mod recorder;
mod replay;
mod transcript;

use std::pin::Pin;

pub(crate) use self::recorder::Recorder;
pub use self::replay::ReplayMismatch;
pub(crate) use self::transcript::{Arguments, Function};
pub use self::transcript::{Transcript, TranscriptError};
use crate::contract::effects::{ConsumeError, DnsError, HttpError, KvError, RecordData, RecordType, Request, Response};

/// An answer that may take its time. It is dropped when the call that waits for it ends.
pub type Reply<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One-time use of keys, for one policy of one provisioner.
pub trait ConsumeOnce: Send + Sync {
    /// True the first time, false after; durable when it is answered. `expires` is in Unix seconds.
    fn consume(&self, key: String, expires: i64) -> Reply<Result<bool, ConsumeError>>;
}

/// A small durable store, for one policy of one provisioner.
pub trait KeyValue: Send + Sync {
    /// The value of `key`, if it has one.
    fn value(&self, key: String) -> Reply<Result<Option<Vec<u8>>, KvError>>;

    /// Sets the value, or removes it; durable when it is answered.
    fn set(&self, key: String, value: Option<Vec<u8>>) -> Reply<Result<(), KvError>>;

    /// Sets or removes the value when it is `old`, in one step, and tells whether it did.
    fn swap(&self, key: String, old: Option<Vec<u8>>, new: Option<Vec<u8>>) -> Reply<Result<bool, KvError>>;
}

/// Requests to other servers, for one policy of one provisioner.
pub trait Http: Send + Sync {
    /// Sends one request.
    fn send(&self, request: Request) -> Reply<Result<Response, HttpError>>;

    /// The answer to a GET, no older than `max_age` seconds.
    fn cached(&self, url: String, max_age: u32) -> Reply<Result<Response, HttpError>>;
}

/// Look-ups in the DNS, for one policy of one provisioner.
pub trait Dns: Send + Sync {
    /// The records of one type of a name, aliases followed, in a fixed order.
    fn records(&self, name: String, of: RecordType) -> Reply<Result<Vec<RecordData>, DnsError>>;
}

/// An error of the contract that the host itself has to give.
pub(crate) trait Unavailable {
    /// The capability does not answer, and why.
    fn unavailable(why: &str) -> Self;

    /// The call has waited as long as it may.
    fn too_slow() -> Self;
}

impl Unavailable for ConsumeError {
    fn unavailable(why: &str) -> Self {
        Self::Unavailable(why.to_owned())
    }

    fn too_slow() -> Self {
        Self::unavailable(TOO_SLOW)
    }
}

impl Unavailable for KvError {
    fn unavailable(why: &str) -> Self {
        Self::Unavailable(why.to_owned())
    }

    fn too_slow() -> Self {
        Self::unavailable(TOO_SLOW)
    }
}

impl Unavailable for HttpError {
    fn unavailable(why: &str) -> Self {
        Self::NotGranted(why.to_owned())
    }

    fn too_slow() -> Self {
        Self::Timeout
    }
}

impl Unavailable for DnsError {
    fn unavailable(why: &str) -> Self {
        Self::NotGranted(why.to_owned())
    }

    fn too_slow() -> Self {
        Self::Timeout
    }
}

const TOO_SLOW: &str = "the call has waited as long as it may";
