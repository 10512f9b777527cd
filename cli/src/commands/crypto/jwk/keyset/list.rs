//! `step crypto jwk keyset list`

use std::path::PathBuf;

use clap::Args;

use super::file;
use crate::{context::Context, error::ExitStatus, output::printable};

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
        for key in file::keys(&self.set)? {
            cx.output.answer(format!("{}\n", printable(&file::kid(&key).unwrap_or_default())))?;
        }
        Ok(ExitStatus::Success)
    }
}
