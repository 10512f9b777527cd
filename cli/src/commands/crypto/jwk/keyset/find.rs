//! `step crypto jwk keyset find`

use std::path::PathBuf;

use clap::Args;

use super::file;
use crate::{context::Context, error::ExitStatus, json_layout};

/// Print the keys of a set that have a name
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwk keyset find jwks.json --kid ZjGX97LmfflPolWvsoAWzC5WPWkNFFH3QdKLUW978hk")]
pub(crate) struct Find {
    /// File with the set
    #[arg(value_name = "JWKS-FILE")]
    set: PathBuf,
    /// Name of the keys
    #[arg(long, value_name = "KID")]
    kid: String,
}

impl Find {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        for key in file::keys(&self.set)? {
            if file::kid(&key).as_deref() == Some(&self.kid) {
                cx.output.answer(json_layout::indented(key.get(), "  ") + "\n")?;
            }
        }
        Ok(ExitStatus::Success)
    }
}
