//! `step crypto kdf hash`

use clap::Args;

use super::{Input, algorithm::Algorithm};
use crate::{answer::Text, context::Context, error::ExitStatus};

/// Print the slow hash of a password
///
/// The password is asked for, or is all of standard input. The hash has its own random salt, so the same password gives
/// another hash each time; `step crypto kdf compare` tells whether a password fits one.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto kdf hash
  step crypto kdf hash --alg argon2id < password.txt")]
pub(crate) struct Hash {
    #[command(flatten)]
    input: Input,
    /// How it is hashed
    #[arg(long, value_enum, default_value = "scrypt")]
    alg: Algorithm,
}

impl Hash {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let password = self.input.read(cx, "Enter password to hash")?;
        cx.output.give(&Text::line("hash", &self.alg.hash(&password)?))?;
        Ok(ExitStatus::Success)
    }
}
