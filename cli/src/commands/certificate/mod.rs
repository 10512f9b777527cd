//! `step certificate …`: certificates in files.

mod bundle;
mod create;
mod fingerprint;
mod format;
mod inspect;
mod install;
mod key;
mod lint;
mod local;
mod needs_renewal;
mod p12;
mod sign;
mod source;
mod verify;

use clap::Args;

use super::commands;

/// Make, verify and look at certificates and certificate requests
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
    Bundle(bundle::Bundle),
    Create(create::Create),
    Fingerprint(fingerprint::Fingerprint),
    Format(format::Format),
    Inspect(inspect::Inspect),
    Install(install::Install),
    Key(key::Key),
    Lint(lint::Lint),
    NeedsRenewal(needs_renewal::NeedsRenewal),
    P12(p12::P12),
    Sign(sign::Sign),
    Uninstall(install::Uninstall),
    Verify(verify::Verify),
});
