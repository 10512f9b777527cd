//! `step crypto jwk keyset list`

use std::path::PathBuf;

use clap::Args;

use super::file;
use crate::{answer::Lines, context::Context, error::ExitStatus};

/// Print the names of the keys in a set
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwk keyset list jwks.json")]
pub(crate) struct List {
    /// File with the set
    #[arg(value_name = "JWKS-FILE")]
    set: PathBuf,
}

impl List {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let kids = file::keys(&self.set)?.iter().map(|key| file::kid(key).unwrap_or_default()).collect();
        cx.output.give(&Lines::new("kids", kids))?;
        Ok(ExitStatus::Success)
    }
}
