//! A program that was built without traces.

use std::{env, time::Instant};

use axum::{extract::Request, http::StatusCode};
use thiserror::Error;

use crate::routes::RequestId;

/// Nothing can go wrong.
#[derive(Debug, Error)]
pub enum TraceError {}

/// What is traced: nothing.
pub struct Traces;

/// Says so if somebody has asked for traces.
///
/// # Errors
/// None.
pub fn start() -> Result<Traces, TraceError> {
    if env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        tracing::warn!("OTEL_EXPORTER_OTLP_ENDPOINT has no effect: this program was built without the feature otel");
    }
    Ok(Traces)
}

/// The way of one request, of which nothing is remembered.
pub struct Journey;

impl Journey {
    /// A request at the door.
    pub fn begin(_: &Request) -> Self {
        Self
    }

    /// The work itself.
    pub fn during<F: Future>(&self, work: F) -> F {
        work
    }

    /// It was answered.
    pub fn end(self, _: StatusCode, _: &RequestId) {}
}

/// A part of the road is done.
pub fn passed(_: &'static str, _: Instant, _: Instant) {}
