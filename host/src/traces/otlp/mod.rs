//! Spans, and the collector they are sent to.
//!
//! Endpoint, sampling and resource are set as OpenTelemetry's specification says, in `OTEL_…` variables of the
//! environment. A collector that is slow or gone costs spans and holds nobody up.

mod collector;

#[cfg(test)]
mod tests;

use std::{
    env,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use axum::{
    extract::{MatchedPath, Request},
    http::StatusCode,
};
use opentelemetry::{
    Context, KeyValue,
    propagation::TextMapPropagator as _,
    trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};
use thiserror::Error;
use tokio::{runtime::Handle, task::futures::TaskLocalFuture};

use self::collector::Collector;
use crate::routes::RequestId;

/// Sends spans until it is dropped; what waits is then sent, if the collector takes it in time.
pub struct Traces(Option<SdkTracerProvider>);

/// Traces were asked for and cannot be sent.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The exporter does not understand what it is told.
    #[error("traces cannot be sent: {0}")]
    Exporter(#[from] ExporterBuildError),
    /// Collectors are asked in clear: one that is far away is reached by an agent that is near.
    #[error("traces cannot be sent to {0}: write an http URL, such as \"http://127.0.0.1:4318\"")]
    NotHttp(String),
}

/// Who makes spans, once somebody has asked for them.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// For the last spans of a process.
const PATIENCE: Duration = Duration::from_secs(2);

/// Begins to trace if `OTEL_EXPORTER_OTLP_ENDPOINT`, or that of traces alone, says where to. Called from within a
/// runtime, which sends the spans.
///
/// # Errors
/// It is no place that they can be sent to.
pub fn start() -> Result<Traces, TraceError> {
    let variables = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    let Some(endpoint) = variables.into_iter().find_map(|name| env::var(name).ok()) else { return Ok(Traces(None)) };
    if !endpoint.starts_with("http://") {
        return Err(TraceError::NotHttp(endpoint));
    }
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    send_to(exporter.with_http_client(Collector::new(Handle::current())).build()?)
}

fn send_to(exporter: SpanExporter) -> Result<Traces, TraceError> {
    let resource = Resource::builder().with_service_name("step-ca");
    let resource = resource.with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))).build();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
    let _ = TRACER.set(provider.tracer("step-ca"));
    Ok(Traces(Some(provider)))
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown_with_timeout(PATIENCE)
        {
            tracing::debug!(%error, "the last spans were not sent");
        }
    }
}

/// The way of one request.
pub struct Journey(Option<Traced>);

struct Traced {
    tracer: &'static SdkTracer,
    /// What the client says it is part of.
    parent: Context,
    name: String,
    method: String,
    started: SystemTime,
    clock: Instant,
    parts: Parts,
}

/// Parts of a road that are done: name, beginning, end.
type Parts = Arc<Mutex<Vec<(&'static str, Instant, Instant)>>>;

tokio::task_local! {
    /// Where the road of the request that this task answers leaves its times.
    static PARTS: Parts;
}

impl Journey {
    /// A request at the door.
    pub fn begin(request: &Request) -> Self {
        Self(TRACER.get().map(|tracer| {
            let parent = TraceContextPropagator::new()
                .extract_with_context(&Context::new(), &HeaderExtractor(request.headers()));
            let method = request.method().to_string();
            let name = match request.extensions().get::<MatchedPath>() {
                Some(path) => format!("{method} {}", path.as_str()),
                None => method.clone(),
            };
            let (started, clock) = (SystemTime::now(), Instant::now());
            Traced { tracer, parent, name, method, started, clock, parts: Parts::default() }
        }))
    }

    /// The work itself; what [`passed`] is told meanwhile belongs to it.
    pub fn during<F: Future>(&self, work: F) -> TaskLocalFuture<Parts, F> {
        let parts = self.0.as_ref().map(|traced| traced.parts.clone()).unwrap_or_default();
        PARTS.scope(parts, work)
    }

    /// It was answered.
    pub fn end(self, status: StatusCode, request_id: &RequestId) {
        let Some(Traced { tracer, parent, name, method, started, clock, parts }) = self.0 else { return };
        let ended = SystemTime::now();
        let mut span = tracer
            .span_builder(name)
            .with_kind(SpanKind::Server)
            .with_start_time(started)
            .with_attributes([
                KeyValue::new("http.request.method", method),
                KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
                KeyValue::new("step_ca.request_id", request_id.to_string()),
            ])
            .start_with_context(tracer, &parent);
        if status.is_server_error() {
            span.set_status(Status::error(""));
        }
        let whole = Context::new().with_remote_span_context(span.span_context().clone());
        for (name, from, to) in parts.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let at = |instant: Instant| started + instant.duration_since(clock);
            let mut part = tracer.span_builder(name).with_start_time(at(from)).start_with_context(tracer, &whole);
            part.end_with_timestamp(at(to));
        }
        span.end_with_timestamp(ended);
    }
}

/// A part of the road is done, on behalf of whichever request this task answers.
pub fn passed(name: &'static str, from: Instant, to: Instant) {
    if TRACER.get().is_some() {
        let _ = PARTS.try_with(|parts| parts.lock().unwrap_or_else(PoisonError::into_inner).push((name, from, to)));
    }
}
