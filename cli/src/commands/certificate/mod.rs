//! `step certificate …`: certificates in files.

mod fingerprint;
mod inspect;
mod source;

use clap::Args;

use super::commands;

/// Look at certificates and certificate requests
#[derive(Args)]
pub(crate) struct Certificate {
    #[command(subcommand)]
    command: Commands,
}

impl Certificate {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Fingerprint(fingerprint::Fingerprint),
    Inspect(inspect::Inspect),
});
