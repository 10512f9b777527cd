//! `step crypto jws …`: JSON Web Signatures (RFC 7515) over content of any kind.

mod inspect;
mod sign;
mod verify;

use anyhow::Context as _;
use clap::Args;
use zeroize::Zeroizing;

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

/// The message on standard input, as text.
fn message(cx: &mut Context) -> anyhow::Result<Zeroizing<String>> {
    let bytes = cx.read_input().context("read standard input failed")?;
    let text = std::str::from_utf8(&bytes).context("error parsing message: it is not text")?;
    Ok(Zeroizing::new(text.to_owned()))
}
