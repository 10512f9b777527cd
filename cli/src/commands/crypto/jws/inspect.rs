//! `step crypto jws inspect`

use anyhow::Context as _;
use clap::Args;
use jose::jws::Compact;

use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
    json_layout,
    output::printable_json,
};

/// Print the content of the message on standard input, whoever signed it
///
/// Nothing is verified: what is printed is what somebody claims.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jws inspect --insecure --json < message.jws")]
pub(crate) struct Inspect {
    /// Print header, content and signature as JSON
    #[arg(long)]
    json: bool,
    /// Confirm that nothing is verified
    #[arg(long)]
    insecure: bool,
}

impl Inspect {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        if !self.insecure {
            let command = cx.command.clone();
            return Err(CommandError::CommandRequiresFlag { command, flag: "insecure" }.into());
        }
        let text = super::message(cx)?;
        let message = Compact::parse(&text).context("error parsing message")?;
        match self.json {
            true => cx.output.answer(show(&message, &text))?,
            false => cx.output.answer(message.payload())?,
        }
        Ok(ExitStatus::Success)
    }
}

/// A message for people: the header as it was sent, the content and the signature in base64url.
pub(super) fn show(message: &Compact<'_>, text: &str) -> String {
    // Both were read as base64url: they need no escapes.
    let mut parts = text.trim().split('.').skip(1);
    let (payload, signature) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let header = message.header().json();
    let json = format!(r#"{{"header":{header},"payload":"{payload}","signature":"{signature}"}}"#);
    printable_json(&json_layout::indented(&json, "  ")) + "\n"
}
