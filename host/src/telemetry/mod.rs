//! What the CA tells its operator while it runs: the request log of `ca.json`, and the program's own messages.
//!
//! Both go to standard error and are stamped in UTC. No body and no `Authorization` header gets here, so no token does.
//! Nobody waits for a log: a reader that stalls costs lines, which are counted.

mod entry;
mod format;
mod queue;
mod request_log;
mod throttle;

use std::{
    io::{self, IsTerminal},
    panic,
    sync::Arc,
    time::Duration,
};

use axum::http::HeaderName;

pub(crate) use self::entry::Entry;
pub use self::request_log::RequestLog;
use self::{format::GoStyle, queue::LineQueue};
pub(crate) use self::{queue::dropped_lines, throttle::Throttle};
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
///
/// # Errors
/// The log's thread cannot be started.
pub fn start() -> io::Result<ProgramLog> {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = io::stderr().is_terminal();
    let lines = LineQueue::to(io::stderr(), "program-log")?;
    let log = ProgramLog(lines.clone());
    let subscriber = fmt().with_env_filter(filter).with_writer(move || lines.clone());
    let _ = subscriber.with_ansi(is_terminal).event_format(GoStyle).try_init();
    // A panic must not wait for a reader that has stalled, either.
    panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    Ok(log)
}

/// The program's own log. When it is dropped, what was logged before is written, unless nobody reads it.
#[must_use = "dropping it ends the log"]
pub struct ProgramLog(LineQueue);

impl Drop for ProgramLog {
    fn drop(&mut self) {
        self.0.flush(PATIENCE);
    }
}

/// For the last lines of a process.
const PATIENCE: Duration = Duration::from_secs(1);
