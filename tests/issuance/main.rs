//! One certificate, from the first byte of a request to the record of its issuance.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod api;
mod claims;
mod keys;
mod listing;
mod names;
mod profile;
mod provenance;
mod renew;
mod replay;
mod sign;
mod tokens;
