//! `step crypto jws inspect`

use anyhow::Context as _;
use clap::Args;
use jose::jws::{Compact, Serialized};

use super::super::jose_message::{self, Unverified};
use crate::{context::Context, error::ExitStatus};

/// Print the content of the message on standard input, whoever signed it
///
/// The message is a JWS in the compact serialization, or in a JSON one with one signature.
///
/// Nothing is verified: what is printed is what somebody claims.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jws inspect --insecure --json < message.jws")]
pub(crate) struct Inspect {
    #[command(flatten)]
    unverified: Unverified,
}

impl Inspect {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.unverified.is_wanted(cx)?;
        let text = jose_message::read(cx, "message")?;
        let serialized = Serialized::parse(&text).context("error parsing message")?;
        let message = Compact::parse(serialized.compact()).context("error parsing message")?;
        match cx.output.is_json() {
            true => cx.output.answer(show(&message, serialized.compact()))?,
            false => cx.output.answer(message.payload())?,
        }
        Ok(ExitStatus::Success)
    }
}

/// A message for people: the header as it was sent, the content and the signature in base64url.
pub(super) fn show(message: &Compact<'_>, text: &str) -> String {
    let mut parts = text.trim().split('.').skip(1);
    let (payload, signature) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // The payload was read as base64url: it needs no escapes.
    jose_message::shown(message.header().json(), &format!("\"{payload}\""), signature)
}
