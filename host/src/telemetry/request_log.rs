//! The request log: one line for every answered request.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};

use authority::Timestamp;

use super::{Entry, queue::LineQueue};
use crate::{clock::Clock, config::LogFormat};

/// Writes one line for every request.
pub struct RequestLog {
    format: LogFormat,
    clock: Arc<dyn Clock>,
    lines: LineQueue,
}

impl RequestLog {
    /// Logs to standard error.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn to_stderr(format: LogFormat, clock: Arc<dyn Clock>) -> io::Result<Self> {
        Self::to(io::stderr(), format, clock)
    }

    /// Logs to `sink`, until this and everything it has queued is gone.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn to(sink: impl Write + Send + 'static, format: LogFormat, clock: Arc<dyn Clock>) -> io::Result<Self> {
        Ok(Self { format, clock, lines: LineQueue::to(sink, "request-log")? })
    }

    /// What the time is, for a line that begins.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Queues the line of a request that has been answered.
    pub(crate) fn write(&self, entry: &Entry<'_>) {
        let mut line = entry.line(self.format, self.now());
        line.push('\n');
        self.lines.push(line.into_bytes());
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog").field("format", &self.format).finish_non_exhaustive()
    }
}
