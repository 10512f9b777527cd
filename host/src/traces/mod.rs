//! Traces of requests, for a collector that speaks OTLP over HTTP (feature `otel`).
//!
//! A request is a span, and every part of its road is one below it. Spans are made when the request has been answered,
//! from times that were taken on the way, so the road does not know of them. Who is on the way already says so in
//! `traceparent` (W3C Trace Context). Without the feature, and without `OTEL_EXPORTER_OTLP_ENDPOINT`, nothing is done
//! and nothing is kept.

#[cfg(not(feature = "otel"))]
mod off;
#[cfg(feature = "otel")]
mod otlp;

#[cfg(not(feature = "otel"))]
pub use self::off::{Journey, TraceError, Traces, passed, start};
#[cfg(feature = "otel")]
pub use self::otlp::{Journey, TraceError, Traces, passed, start};
