//! `step policy …`: done by a program of its own, `step-policy`, which carries the engine that runs policies.

use std::{
    env,
    ffi::OsString,
    io::{self, ErrorKind},
    path::PathBuf,
    process::Command,
};

use clap::Args;
use thiserror::Error;

use crate::{context::Context, error::ExitStatus};

/// Make, test, measure and sign the policies of an authority
///
/// A policy is a program in a sandbox that decides who gets which certificate. The work is done by
/// the program `step-policy`, which is looked for beside `step` and then on the PATH:
///
///   new            make a policy that works, to be changed
///   build          compile it to the file that ca.json names
///   check          say what a module is, what it needs, and what it makes of its settings
///   test           ask it what its vectors ask, and compare
///   bench          measure what each vector costs
///   diff           show where two modules decide differently
///   explain        re-run a recorded decision and show how it came about
///   replay         ask another module what the audit log was decided by
///   shadow-report  show what the policies in shadow would have refused
///   sign, verify   vouch for a module, and look at who did
///
/// `step policy COMMAND --help` explains one.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    disable_help_flag = true,
    after_long_help = "\
Example:
  step policy new office-hours
  cd office-hours
  step policy test"
)]
pub(crate) struct Policy {
    /// A command of `step-policy`, its arguments and its flags
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    words: Vec<OsString>,
}

impl Policy {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let mut words = self.words;
        if words.is_empty() {
            words.push("--help".into());
        }
        let wants_help = words.iter().all(|word| word == "--help" || word == "-h" || word == "help");
        match Command::new(program()).args(words).status() {
            // Ended by a signal, it has not done its work.
            Ok(status) => Ok(ExitStatus::Of(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))),
            Err(error) if error.kind() == ErrorKind::NotFound && wants_help => {
                cx.output.answer(crate::args::help(&crate::args::tree(), &["policy".to_owned()]))?;
                Ok(ExitStatus::Success)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(ProgramError::Missing.into()),
            Err(source) => Err(ProgramError::NotRun { source }.into()),
        }
    }
}

/// The `step-policy` beside this program, else the one on the path.
fn program() -> PathBuf {
    const NAME: &str = "step-policy";
    let beside = env::current_exe().ok().map(|this| this.with_file_name(NAME)).filter(|path| path.is_file());
    beside.unwrap_or_else(|| NAME.into())
}

/// Why the program that knows policies did not run.
#[derive(Debug, Error)]
pub(crate) enum ProgramError {
    /// It is not installed.
    #[error("the program `step-policy` is neither beside `step` nor on the PATH")]
    Missing,
    /// It does not start.
    #[error("the program `step-policy` cannot be started")]
    NotRun {
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl ProgramError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Missing => Some(
                "build it with `cargo build --release --bin step-policy` in a clone of this CA's repository, and put it \
                 beside `step`"
                    .into(),
            ),
            Self::NotRun { .. } => None,
        }
    }
}
