//! Certificates on record, for people.
//!
//! Promises: a question is bounded in time and in what it is answered; only those whom the configuration names are
//! answered over the network, and everybody else hears one and the same no; no answer has a secret in it.

mod access;
mod document;
mod query;

pub use self::{
    access::{AccessError, Admin, certificate, certificates},
    document::entry,
    query::{Listing, QueryError},
};
