//! `step crypto otp …`: time-based one-time passwords (RFC 6238).

mod generate;
mod totp;
mod verify;

use clap::Args;

use super::super::commands;

/// Make and check one-time passwords
#[derive(Args)]
pub(crate) struct Otp {
    #[command(subcommand)]
    command: Commands,
}

impl Otp {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Generate(generate::Generate),
    Verify(verify::Verify),
});
