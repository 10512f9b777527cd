//! `step policy explain`, `replay` and `shadow-report`: what a CA has decided, asked of the CA's own program.
//!
//! The records, the modules they were decided by and the way to decide once more are the CA's, so `step-ca` does it.

use std::{
    env,
    ffi::OsString,
    io::ErrorKind,
    path::PathBuf,
    process::{Command, ExitStatus},
};

use anyhow::{Context, bail};
use clap::Args;

use crate::outcome::Outcome;

/// What `step-ca` is given, as it is: its own help, too.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Arguments and flags of `step-ca`; `--help` explains them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    words: Vec<OsString>,
}

impl Arguments {
    /// Runs `step-ca VERB …` with this program's streams.
    pub(crate) fn ask_ca(self, verb: &str) -> anyhow::Result<Outcome> {
        let status = match Command::new(program()).arg(verb).args(self.words).status() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!("`step policy {verb}` is done by step-ca, which is neither beside this program nor on the PATH")
            }
            status => status.with_context(|| format!("running step-ca {verb}"))?,
        };
        Ok(outcome(status))
    }
}

/// The `step-ca` beside this program, else the one on the path.
fn program() -> PathBuf {
    let beside = env::current_exe().ok().map(|this| this.with_file_name("step-ca")).filter(|path| path.is_file());
    beside.unwrap_or_else(|| "step-ca".into())
}

/// A program that was ended by a signal has not done its work.
fn outcome(status: ExitStatus) -> Outcome {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(Outcome::NotDone, Outcome::Of)
}
