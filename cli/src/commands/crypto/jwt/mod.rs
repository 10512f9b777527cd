//! `step crypto jwt …`: JSON Web Tokens (RFC 7519).

mod inspect;
mod sign;
mod verify;

use clap::Args;
use jose::jws::Unverified;

use super::super::commands;
use crate::{json_layout, output::printable_json};

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
    // The last part was read as base64url: it needs no escapes.
    let signature = text.trim().rsplit('.').next().unwrap_or_default();
    let (header, claims) = (token.header().json(), token.claims_json());
    let json = format!(r#"{{"header":{header},"payload":{claims},"signature":"{signature}"}}"#);
    printable_json(&json_layout::indented(&json, "  ")) + "\n"
}
