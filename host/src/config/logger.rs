//! The request log.

use super::{
    error::Problems,
    problem::{Notice, Problem},
    reader::Field,
};

/// The `logger` object; without one no requests are logged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoggerConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// Lower-case name of the request header that carries a request id.
    pub trace_header: String,
}

/// How a line of the request log looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// The common log of web servers.
    Common,
    /// One JSON object a line.
    Json,
    /// `key=value` pairs.
    Text,
}

/// Reads the `logger` object.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<LoggerConfig> {
    let mut object = field.object(problems)?;
    let format = object.take("format").map_or(Some(LogFormat::Text), |field| format(&field, problems));
    let trace_header = match object.take("traceHeader") {
        Some(field) => trace_header(&field, problems),
        None => Some(TRACE_HEADER.to_owned()),
    };
    object.finish(problems);
    Some(LoggerConfig { format: format?, trace_header: trace_header? })
}

/// The default of `traceHeader`, in lower case.
pub const TRACE_HEADER: &str = "x-smallstep-id";

fn format(field: &Field<'_>, problems: &mut Problems) -> Option<LogFormat> {
    let text = field.string(problems)?;
    match text.to_ascii_lowercase().as_str() {
        "" | "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        "common" => Some(LogFormat::Common),
        _ => field.refuse(Problem::LoggerFormat(text.to_owned()), problems),
    }
}

fn trace_header(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    match field.string(problems)? {
        "" => Some(TRACE_HEADER.to_owned()),
        text => match text.parse::<axum::http::HeaderName>() {
            Ok(name) => Some(name.as_str().to_owned()),
            Err(_) => field.refuse(Problem::HeaderName(text.to_owned()), problems),
        },
    }
}

/// Judges the `monitoring` object, which has no effect.
pub(super) fn monitoring(field: &Field<'_>, problems: &mut Problems) {
    let Some(mut object) = field.object(problems) else { return };
    if let Some(field) = object.take("type")
        && let Some(text) = field.string(problems)
        && !matches!(text, "" | "newrelic")
    {
        field.refuse::<()>(Problem::MonitoringType(text.to_owned()), problems);
    }
    object.take("name");
    object.take("key");
    object.finish(problems);
    field.warn(Notice::NoEffect("nothing is exported to New Relic"), problems);
}
