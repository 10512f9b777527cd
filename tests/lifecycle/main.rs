//! What becomes of a certificate: its end before its time, another key, and who is told.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod audit;
mod command;
mod delegate;
mod grace;
mod information;
mod list;
mod ocsp;
mod recall;
mod records;
mod rekey;
mod renewal_token;
mod replay;
mod revoke;
mod rotation;
