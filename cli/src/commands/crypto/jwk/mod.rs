//! `step crypto jwk …`: JSON Web Keys (RFC 7517).

mod create;
mod keyset;
mod kind;
mod public;
mod thumbprint;

use clap::Args;

use super::super::commands;

/// Make JSON Web Keys and look at them
#[derive(Args)]
pub(crate) struct Jwk {
    #[command(subcommand)]
    command: Commands,
}

impl Jwk {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Create(create::Create),
    Keyset(keyset::Keyset),
    Public(public::Public),
    Thumbprint(thumbprint::Thumbprint),
});
