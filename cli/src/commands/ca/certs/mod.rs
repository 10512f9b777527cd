//! `step ca certs …`: what a CA has on record.

mod export;
mod list;
mod reader;
mod show;

pub(super) use self::reader::{ReaderFlags, is_below};
use clap::Args;

use super::super::commands;

/// See which certificates a CA has issued, and what has become of them
///
/// The CA answers whoever shows a certificate with a name that `admin.readers` of its configuration lists. On the
/// machine of the CA, `step-ca certs` needs no certificate.
#[derive(Args)]
pub(crate) struct Certs {
    #[command(subcommand)]
    command: Commands,
}

impl Certs {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Export(export::Export),
    List(list::List),
    Show(show::Show),
});
