//! `step crypto jwt …`: JSON Web Tokens (RFC 7519).

mod inspect;
mod sign;
mod verify;

use clap::Args;
use jose::jws::Unverified;

use super::{super::commands, jose_message};

/// Make, verify and look at JSON Web Tokens
#[derive(Args)]
pub(crate) struct Jwt {
    #[command(subcommand)]
    command: Commands,
}

impl Jwt {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Inspect(inspect::Inspect),
    Sign(sign::Sign),
    Verify(verify::Verify),
});

/// A token for people: header and claims as they were sent, one member a line.
fn show(token: &Unverified<'_>, text: &str) -> String {
    let signature = text.trim().rsplit('.').next().unwrap_or_default();
    jose_message::shown(token.header().json(), token.claims_json(), signature)
}
