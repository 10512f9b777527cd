//! The record of every decision, and the chain that makes it one.
//!
//! An [`Entry`] has the fields on this page and no others: never a token, a key or a password. Written as one line of
//! JSON, it is bound to everything before it: `hash = SHA-256(hash before ‖ line)`. A changed, removed, moved or added
//! line breaks the chain where it happened; a cut tail is found by comparing with a [`Head`] kept elsewhere.
//!
//! This room does not know where the lines are kept.

mod chain;
mod digest;
mod entry;
mod text;

pub use self::{
    chain::{ChainError, Head, Link, Verifier, verify},
    digest::Digest,
    entry::{Entry, Module, Operation, Outcome},
};
