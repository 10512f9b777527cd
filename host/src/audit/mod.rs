//! The record of every decision, and the chain that makes it one.
//!
//! An [`Entry`] has the fields on this page and no others: never a token, a key or a password. Written as one line of
//! JSON, it is bound to everything before it: `hash = SHA-256(hash before ‖ line)`. A changed, removed, moved or added
//! line breaks the chain where it happened; a cut tail is found by comparing with a [`Head`] kept elsewhere. The chain
//! itself, and the file it may be written to, are the business of `audit-log`.
//!
//! This room does not know where the lines are kept.

mod entry;
mod text;

pub use self::entry::{Entry, Module, Operation, Outcome};
pub use audit_log::{ChainError, Digest, Head, Link, Verifier, verify};
