//! The request log: one line for every answered request.
//!
//! Lines are written by a thread of their own behind a bounded queue. When standard error stalls, lines are dropped and
//! counted; requests are not held up.

use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, SyncSender},
    },
};

use authority::Timestamp;

use super::Entry;
use crate::{clock::Clock, config::LogFormat};

/// Writes one line for every request.
pub struct RequestLog {
    format: LogFormat,
    clock: Arc<dyn Clock>,
    lines: SyncSender<String>,
    dropped: AtomicU64,
}

/// Lines that may wait for a slow reader.
const QUEUE: usize = 4096;

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
    pub fn to(mut sink: impl Write + Send + 'static, format: LogFormat, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (lines, queue) = mpsc::sync_channel::<String>(QUEUE);
        std::thread::Builder::new().name("request-log".to_owned()).spawn(move || {
            for line in queue {
                // There is nobody left to tell when the log itself cannot be written.
                let _ = sink.write_all(line.as_bytes());
            }
        })?;
        Ok(Self { format, clock, lines, dropped: AtomicU64::new(0) })
    }

    /// What the time is, for a line that begins.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Queues the line of a request that has been answered.
    pub(crate) fn write(&self, entry: &Entry<'_>) {
        let mut line = entry.line(self.format, self.now());
        line.push('\n');
        if self.lines.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        match self.dropped.swap(0, Ordering::Relaxed) {
            0 => {}
            dropped => tracing::warn!(dropped, "request log lines were dropped: their reader is too slow"),
        }
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog").field("format", &self.format).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Held;

    #[test]
    fn a_stalled_reader_costs_lines_and_holds_nobody_up() {
        struct Stalled(mpsc::Receiver<()>);
        impl Write for Stalled {
            fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
                let _ = self.0.recv();
                Ok(octets.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (_release, stalled) = mpsc::channel();
        let log =
            RequestLog::to(Stalled(stalled), LogFormat::Common, Arc::new(Held::at(Timestamp::from_unix(0)))).unwrap();
        for _ in 0..QUEUE + 10 {
            log.write(&Entry::example());
        }
        assert!(log.dropped.load(Ordering::Relaxed) >= 9);
    }
}
