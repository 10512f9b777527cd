//! `step crypto jose …`: the two ways to write a JOSE message.

mod format;

use clap::Args;

use super::super::commands;

/// Change how a JOSE message is written
#[derive(Args)]
pub(crate) struct Jose {
    #[command(subcommand)]
    command: Commands,
}

impl Jose {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Format(format::Format),
});
