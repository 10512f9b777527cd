//! The room from outside: the examples of the standards, what is refused, and another library as judge.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod encryption;
mod harness;
mod judge;
mod keys;
mod messages;
mod rfc;
mod serialized;
mod symmetric;
mod tokens;
