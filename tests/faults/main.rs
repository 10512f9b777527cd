//! The CA killed, failing and damaged, and what is left of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod child;
mod clock;
mod damaged;
mod erring;
mod failing;
mod floods;
mod full;
mod killed;
mod mixed;
mod panicking;
mod program;
mod raw;
mod read_only;
mod restored;
mod slow;
mod starved;
mod token;
mod upkeep;
