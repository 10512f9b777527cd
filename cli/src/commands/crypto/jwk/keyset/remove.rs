//! `step crypto jwk keyset remove`

use std::path::PathBuf;

use clap::Args;

use super::file::{self, KeySetFile};
use crate::{context::Context, error::ExitStatus};

/// Remove the keys that have a name from a set
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwk keyset remove jwks.json --kid ZjGX97LmfflPolWvsoAWzC5WPWkNFFH3QdKLUW978hk")]
pub(crate) struct Remove {
    /// File with the set
    #[arg(value_name = "JWKS-FILE")]
    set: PathBuf,
    /// Name of the keys
    #[arg(long, value_name = "KID")]
    kid: String,
}

impl Remove {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let mut file = KeySetFile::open(&self.set)?;
        file.keys().retain(|key| file::kid(key).as_deref() != Some(&self.kid));
        cx.output.give(&file.save()?)?;
        Ok(ExitStatus::Success)
    }
}
