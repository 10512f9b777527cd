//! What the CA tells its operator while it runs: the request log of `ca.json`, and the program's own messages.
//!
//! Both go to standard error and are stamped in UTC. No body and no `Authorization` header gets here, so no token does.

mod entry;
mod request_log;

use std::{io, sync::Arc};

use axum::http::HeaderName;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

pub(crate) use self::entry::Entry;
pub use self::request_log::RequestLog;
use crate::{
    clock::Clock,
    config::{LoggerConfig, TRACE_HEADER},
};

/// How one configuration names and logs requests.
#[derive(Debug)]
pub struct Logging {
    /// The header that names a request when `X-Request-Id` does not: `logger.traceHeader`.
    pub trace_header: HeaderName,
    /// Where requests are logged; `None` unless the configuration has a `logger`.
    pub requests: Option<RequestLog>,
}

impl Logging {
    /// As the `logger` of a configuration says; without one nothing is logged.
    ///
    /// # Errors
    /// The log's thread cannot be started.
    pub fn new(config: Option<&LoggerConfig>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let Some(LoggerConfig { format, trace_header }) = config else {
            return Ok(Self::off());
        };
        Ok(Self {
            trace_header: HeaderName::try_from(trace_header).expect("the configuration checks header names"),
            requests: Some(RequestLog::to_stderr(*format, clock)?),
        })
    }

    /// No request log, and the default of `logger.traceHeader`.
    pub fn off() -> Self {
        Self { trace_header: HeaderName::from_static(TRACE_HEADER), requests: None }
    }
}

/// Sends the program's own messages to standard error: from `info` up, or as `RUST_LOG` says. To be called once; a
/// second call changes nothing.
pub fn start() {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false).with_timer(UtcSeconds).try_init();
}

/// Stamps messages as Go's log package does, in UTC: `2026/08/21 09:30:00`.
struct UtcSeconds;

impl tracing_subscriber::fmt::time::FormatTime for UtcSeconds {
    fn format_time(&self, writer: &mut tracing_subscriber::fmt::format::Writer<'_>) -> std::fmt::Result {
        const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year]/[month]/[day] [hour]:[minute]:[second]");
        writer.write_str(&OffsetDateTime::now_utc().format(FORMAT).map_err(|_| std::fmt::Error)?)
    }
}
