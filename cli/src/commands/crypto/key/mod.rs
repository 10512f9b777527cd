//! `step crypto key …`: keys in files.

mod format;
mod inspect;
mod material;
mod public;

use clap::Args;

use super::super::commands;

/// Look at keys and change the form they are kept in
#[derive(Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    command: Commands,
}

impl Key {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Format(format::Format),
    Inspect(inspect::Inspect),
    Public(public::Public),
});
