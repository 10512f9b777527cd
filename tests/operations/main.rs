//! What operators and their machines see: metrics, readiness, logs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod child;
mod exposition;
mod logs;
mod metrics;
mod readiness;
