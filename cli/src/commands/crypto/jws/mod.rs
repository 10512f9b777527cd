//! `step crypto jws …`: JSON Web Signatures (RFC 7515) over content of any kind.

mod inspect;
mod sign;
mod verify;

use clap::Args;

use super::super::commands;
use crate::context::Context;

/// Sign and verify content
#[derive(Args)]
pub(crate) struct Jws {
    #[command(subcommand)]
    command: Commands,
}

impl Jws {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Inspect(inspect::Inspect),
    Sign(sign::Sign),
    Verify(verify::Verify),
});
