//! `step crypto jws verify`

use anyhow::Context as _;
use clap::Args;
use jose::jws::{Compact, Serialized};

use super::super::{jose_key::KeySource, jose_message};
use crate::{context::Context, error::ExitStatus};

/// Verify the message on standard input, and print its content
///
/// The message is a JWS in the compact serialization, or in a JSON one with one signature. Nothing is printed unless the signature is the key's.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jws verify --key jwk.pub.json < message.jws > message.txt")]
pub(crate) struct Verify {
    #[command(flatten)]
    key: KeySource,
    /// Allow an algorithm that is not the one the key names
    #[arg(long)]
    subtle: bool,
    /// What upstream's command takes; nothing is left out because of it
    #[arg(long, hide = true)]
    insecure: bool,
}

impl Verify {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let text = jose_message::read(cx, "message")?;
        let serialized = Serialized::parse(&text).context("error parsing message")?;
        let message = Compact::parse(serialized.compact()).context("error parsing message")?;
        let key = self.key.read(cx, message.header().kid().or(serialized.kid()), self.subtle)?;
        key.verify(&message).context("validation failed")?;
        match cx.output.is_json() {
            true => cx.output.answer(super::inspect::show(&message, serialized.compact()))?,
            false => cx.output.answer(message.payload())?,
        }
        Ok(ExitStatus::Success)
    }
}
