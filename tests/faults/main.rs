//! The CA killed, failing and damaged, and what is left of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod child;
mod damaged;
mod failing;
mod killed;
mod restored;
