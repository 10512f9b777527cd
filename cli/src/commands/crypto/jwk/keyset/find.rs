//! `step crypto jwk keyset find`

use std::{io, path::PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::file;
use crate::{answer::Answer, context::Context, error::ExitStatus, json_layout, output::Output};

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

/// The keys, their members in the order of the set.
#[derive(Serialize)]
struct Found {
    keys: Vec<Box<RawValue>>,
}

impl Answer for Found {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        self.keys.iter().try_for_each(|key| output.answer(json_layout::indented(key.get(), "  ") + "\n"))
    }
}

impl Find {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let mut keys = file::keys(&self.set)?;
        keys.retain(|key| file::kid(key).as_deref() == Some(&self.kid));
        let keys = keys.iter().map(|key| RawValue::from_string(json_layout::compact(key.get())));
        cx.output.give(&Found { keys: keys.collect::<Result<_, _>>()? })?;
        Ok(ExitStatus::Success)
    }
}
