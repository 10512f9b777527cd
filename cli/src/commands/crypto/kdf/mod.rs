//! `step crypto kdf …`: passwords as slow hashes, in the PHC string format.

mod algorithm;
mod compare;
mod hash;
mod phc;

use std::path::Path;

use clap::Args;
use zeroize::Zeroizing;

use super::super::commands;
use crate::{context::Context, error::CommandError, prompt::Question};

/// Hash passwords slowly, and compare them
#[derive(Args)]
pub(crate) struct Kdf {
    #[command(subcommand)]
    command: Commands,
}

impl Kdf {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Compare(compare::Compare),
    Hash(hash::Hash),
});

/// The password: typed, or all of standard input; as an argument only for those who insist.
#[derive(Args)]
struct Input {
    /// The password; needs --insecure, since everybody on the machine can read arguments
    #[arg(value_name = "INPUT")]
    input: Option<String>,
    /// Allow the password as an argument
    #[arg(long, hide = true)]
    insecure: bool,
}

impl Input {
    fn read(self, cx: &mut Context, label: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let Some(input) = self.input.map(Zeroizing::new) else {
            return if cx.is_typed() {
                let password = cx.ask_password(Question { label, flag: "standard input" })?;
                Ok(Zeroizing::new(password.as_bytes().to_vec()))
            } else {
                cx.read(Path::new("-"))
            };
        };
        if !self.insecure {
            return Err(CommandError::ArgumentRequiresFlag { argument: "INPUT", required: "insecure" }.into());
        }
        Ok(Zeroizing::new(input.as_bytes().to_vec()))
    }
}
