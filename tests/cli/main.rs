//! The `step` command against a CA that is not a fake.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod bootstrap;
mod certificate;
mod daemon;
mod init;
mod inspect;
mod library;
mod manual;
mod oauth;
mod renew;
mod snapshots;
mod terminal;
mod token;
mod visitor;
