//! `step-ca shadow-report`: what policies in shadow would have refused.

use clap::Args;

use super::{ConfigFlag, OperatorError};
use crate::shadow::{self, Report};

/// `step-ca shadow-report`
#[derive(Args, Debug)]
pub struct ShadowReport {
    #[command(flatten)]
    config: ConfigFlag,
    /// Print JSON, with what was counted by rule and every refusal that is still told apart
    #[arg(long)]
    json: bool,
}

impl ShadowReport {
    /// Does it, and answers what is to be printed.
    ///
    /// # Errors
    /// The configuration or the report cannot be read.
    pub fn run(self) -> Result<String, OperatorError> {
        let report = Report::read(&shadow::file(&self.config.load()?))?;
        Ok(if self.json { report.to_json() + "\n" } else { report.to_table() })
    }
}
