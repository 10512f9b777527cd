//! A signed message on standard input, as `crypto jws` and `crypto jwt` read and show it.

use anyhow::Context as _;
use clap::Args;
use zeroize::Zeroizing;

use crate::{context::Context, error::CommandError, json_layout, output::printable_json};

/// Confirms that what is shown may be anybody's.
#[derive(Args)]
pub(super) struct Unverified {
    /// Confirm that nothing is verified
    #[arg(long)]
    insecure: bool,
}

impl Unverified {
    pub(super) fn is_wanted(&self, cx: &Context) -> Result<(), CommandError> {
        match self.insecure {
            true => Ok(()),
            false => Err(CommandError::CommandRequiresFlag { command: cx.command.clone(), flag: "insecure" }),
        }
    }
}

/// All of standard input, as text; `what` it should be is named where it is none.
pub(super) fn read(cx: &mut Context, what: &str) -> anyhow::Result<Zeroizing<String>> {
    let bytes = cx.read_input().context("read standard input failed")?;
    let text = std::str::from_utf8(&bytes).with_context(|| format!("error parsing {what}: it is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A message for people: header and payload as they were sent, both JSON, one member a line, and the signature.
pub(super) fn shown(header: &str, payload: &str, signature: &str) -> String {
    // The signature was read as base64url: it needs no escapes.
    let json = format!(r#"{{"header":{header},"payload":{payload},"signature":"{signature}"}}"#);
    printable_json(&json_layout::indented(&json, "  ")) + "\n"
}
