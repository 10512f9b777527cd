//! `step ca …`: an authority, and what it is asked for.

mod audit;
mod bootstrap;
mod bundles;
mod certificate;
mod certs;
mod flags;
mod health;
mod init;
mod issue;
mod pair;
mod provisioner;
mod recall;
mod rekey;
mod renew;
mod renewal;
mod revoke;
mod root;
mod sign;
mod token;

use clap::Args;

use super::commands;

/// Make a certificate authority, and ask one for certificates
#[derive(Args)]
pub(crate) struct Ca {
    #[command(subcommand)]
    command: Commands,
}

impl Ca {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Audit(audit::Audit),
    Bootstrap(bootstrap::Bootstrap),
    Certificate(certificate::Certificate),
    Certs(certs::Certs),
    Federation(bundles::Federation),
    Health(health::Health),
    Init(init::Init),
    #[command(alias = "provisioners")]
    Provisioner(provisioner::Provisioner),
    Recall(recall::Recall),
    Rekey(rekey::Rekey),
    Renew(renew::Renew),
    Revoke(revoke::Revoke),
    Root(root::Root),
    Roots(bundles::Roots),
    Sign(sign::Sign),
    Token(token::Token),
});
