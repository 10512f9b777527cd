//! Whatever arrives: an answer below 500, no panic, and nothing issued that was not granted.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod bodies;
mod doors;
mod limits;
mod mutations;
mod names;
mod policies;
mod renewals;
mod requests;
mod tokens;
mod validity;
