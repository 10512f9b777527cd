//! What a call cost and what the policy said on the way.

use std::time::Duration;

use crate::contract::LogLevel;
use crate::effects::Transcript;

/// Measured and collected during one call.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Trace {
    /// Fuel used, host calls included. The same for the same module, configuration and request, on every machine.
    pub fuel: u64,
    /// By the wall clock, from the start of instantiation; waiting for a free place is not part of it, waiting for
    /// effects is.
    pub elapsed: Duration,
    /// Host functions called.
    pub host_calls: u32,
    /// What the policy logged, as far as it was kept.
    pub log: Vec<LogLine>,
    /// Lines that were not kept.
    pub log_dropped: u32,
    /// What the world answered: with it the call can be made again.
    pub transcript: Transcript,
}

/// One line a policy logged. All its text is escaped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogLine {
    /// How important the policy thinks it is.
    pub level: LogLevel,
    /// The text.
    pub message: String,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}
