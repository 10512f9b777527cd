//! Certificates on record, for people.
//!
//! Promises: a question is bounded in time and in what it is answered; only those whom the configuration names are
//! answered over the network, and everybody else hears one and the same no; no answer has a secret in it; who was answered
//! or refused is in the audit log.

mod access;
mod document;
mod query;
mod reading;
mod recalling;
mod visit;

pub use self::{
    access::{AccessError, Admin, NotAnswered},
    document::entry,
    query::{Listing, QueryError},
    reading::{certificate, certificates},
    recalling::{RecallOrder, order_recall, recall},
};
