//! `step crypto hash …`: digests of files and directories.

mod algorithm;
mod compare;
mod digest;
mod tree;

use clap::Args;

use super::super::commands;

/// Compute and compare hashes of files and directories
#[derive(Args)]
pub(crate) struct Hash {
    #[command(subcommand)]
    command: Commands,
}

impl Hash {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Compare(compare::Compare),
    Digest(digest::Digest),
});
