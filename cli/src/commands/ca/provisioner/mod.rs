//! `step ca provisioner …`: who may authorize certificates.

mod list;

use clap::Args;

use super::super::commands;

/// Look at the provisioners of a CA
#[derive(Args)]
pub(crate) struct Provisioner {
    #[command(subcommand)]
    command: Commands,
}

impl Provisioner {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    List(list::List),
});
