//! `step ca provisioner …`: who may authorize certificates.

mod add;
mod claims;
mod configuration;
mod encrypted_key;
mod key;
mod list;
mod remove;
mod update;

use clap::Args;

use super::super::commands;

/// Look at the provisioners of a CA, and change them in its configuration
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
    Add(add::Add),
    #[command(alias = "jwe-key")]
    GetEncryptedKey(encrypted_key::GetEncryptedKey),
    List(list::List),
    Remove(remove::Remove),
    Update(update::Update),
});
