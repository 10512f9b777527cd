//! `step crypto jwe …`: JSON Web Encryption under a password (RFC 7516, RFC 7518 §4.8).

mod decrypt;
mod encrypt;

use clap::Args;

use super::super::commands;

/// Encrypt and decrypt messages under a password
#[derive(Args)]
pub(crate) struct Jwe {
    #[command(subcommand)]
    command: Commands,
}

impl Jwe {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Decrypt(decrypt::Decrypt),
    Encrypt(encrypt::Encrypt),
});
