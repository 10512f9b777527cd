//! Policies in the whole CA: what they may decide, and what happens when they misbehave.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod author;
mod caa;
mod denial;
mod effects;
mod gallery;
mod hostile;
mod loading;
mod narrowing;
mod provisioners;
mod shadow;
mod signed;
mod stand;
mod widening;
