//! What an operator does on the machine of the CA, beside serving: look at what is on record, and keep the store.
//!
//! Nothing here needs the issuing key or a password. Unless it says otherwise a command works whether or not the CA runs.

mod audit;
mod certs;
mod db;
mod intents;
mod recall;
mod replay;
mod shadow_report;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use authority::Timestamp;
use thiserror::Error;

pub use self::{
    audit::AuditCommand,
    certs::CertsCommand,
    db::DbCommand,
    intents::IntentsCommand,
    recall::Recall,
    replay::{Explain, ReplayFlags, Told},
    shadow_report::ShadowReport,
};
use crate::{
    config::{Config, LoadError},
    recall::RecallError,
    records::QueryError,
    store::{Embedded, MaintenanceError, OpenError, Store, StoreError},
    timekeeping::{ClockBehind, Timekeeping},
};

/// Which CA is meant.
#[derive(clap::Args, Debug)]
pub struct ConfigFlag {
    /// The configuration file; $STEPPATH/config/ca.json if left out
    #[arg(long, value_name = "FILE")]
    ca_config: Option<PathBuf>,
}

impl ConfigFlag {
    fn load(&self) -> Result<Config, OperatorError> {
        let path = match &self.ca_config {
            Some(path) => path.clone(),
            None => steppath::StepPath::from_environment()?.ca_json(),
        };
        // Whoever serves the configuration has been told what there is to know about it.
        Ok(Config::load(&path)?.0)
    }
}

/// The store, as a server holds it.
async fn hold(config: &Config, now: Timestamp) -> Result<Arc<dyn Store>, OperatorError> {
    let (head, audit_file) = (config.store_head.as_deref(), config.audit.file.as_deref());
    let store = Embedded::open_with(&config.store, head, audit_file, now).map_err(OperatorError::Open)?;
    let store: Arc<dyn Store> = Arc::new(store);
    Timekeeping::new(store.clone()).await.map_err(OperatorError::Store)?.check(now)?;
    Ok(store)
}

/// Why an operator's command was not done.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// The audit log is not what was written.
    #[error("{}{}", with_causes(.0), hint_of_head(.0))]
    AuditLog(#[from] audit_log::VerifyError),
    /// The clock is not to be believed.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// The configuration is not one.
    #[error(transparent)]
    Config(#[from] LoadError),
    /// A file cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store cannot be used, or is damaged.
    #[error("{}", with_causes(.0))]
    Maintenance(#[from] MaintenanceError),
    /// No such certificate was asked of a signer and is not on record.
    #[error("no certificate with serial number {serial_number} was asked of the signer and is not on record")]
    NoIntent {
        /// The number.
        serial_number: authority::SerialNumber,
    },
    /// The audit log has no such line.
    #[error("the audit log has no line {sequence}")]
    NoLine {
        /// Its number.
        sequence: u64,
    },
    /// The file and the store do not hold the same log.
    #[error("{} ends with line {lines}, and is not the log of the store, which has {expected} lines", file.display())]
    OtherLog {
        /// The file.
        file: PathBuf,
        /// Its last line.
        lines: u64,
        /// The last line of the store.
        expected: u64,
    },
    /// The store cannot be held as a server holds it.
    #[error("{}", with_causes(.0))]
    Open(OpenError),
    /// The text that says why is an essay.
    #[error("--reason is longer than {limit} octets")]
    ReasonTooLong {
        /// What is allowed.
        limit: usize,
    },
    /// What a module let be issued was not revoked, or not all of it.
    #[error("{}", with_causes(.0))]
    Recall(#[from] RecallError),
    /// The process cannot do what every process can.
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
    /// The store did not take it.
    #[error("{}", with_causes(.0))]
    Store(StoreError),
    /// Nothing was issued under this number.
    #[error("no certificate with serial number {serial_number} is on record")]
    NotOnRecord {
        /// The number.
        serial_number: authority::SerialNumber,
    },
    /// The flags cannot be understood.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Decisions are not made again.
    #[error("{}", with_causes(.0))]
    Replay(#[from] crate::replay::ReplayError),
    /// What policies in shadow have found cannot be read.
    #[error(transparent)]
    Report(#[from] crate::shadow::ReportError),
    /// Nobody knows where `$STEPPATH` is.
    #[error(transparent)]
    StepPath(#[from] steppath::StepPathError),
    /// Entries cannot be written as JSON.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl OperatorError {
    fn file(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::File { path: path.to_owned(), source: source.into() }
    }
}

fn hint_of_head(error: &audit_log::VerifyError) -> &'static str {
    match error {
        audit_log::VerifyError::NoHead => "; name one with --head, or do --without-head",
        _ => "",
    }
}

/// An error with all that lies behind it, as far as it does not say so itself.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

/// What a file of this many octets is called.
fn size(octets: u64) -> String {
    match octets {
        0..1_048_576 => format!("{} KiB", octets.div_ceil(1_024)),
        _ => format!("{} MiB", octets.div_ceil(1_048_576)),
    }
}
