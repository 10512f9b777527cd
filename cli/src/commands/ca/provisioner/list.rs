//! `step ca provisioner list`

use clap::Args;
use serde_json::value::RawValue;

use super::super::flags::CaFlags;
use crate::{context::Context, error::ExitStatus, json_layout::indented, output::printable_json};

/// List the provisioners of the CA
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca provisioner list
  step ca provisioner list --policies")]
pub(crate) struct List {
    #[command(flatten)]
    ca: CaFlags,
    /// Show which policy modules decide about the certificates of each: name, SHA-256, mode and what is granted
    #[arg(long)]
    policies: bool,
}

impl List {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.ca.client(cx)?;
        // As they were sent: with members we do not know, in the order the CA has them.
        let entries: Vec<Box<RawValue>> = match self.policies {
            true => cx.wait_for(client.provisioners_with_policies())??,
            false => cx.wait_for(client.provisioners())??,
        };
        let json = serde_json::to_string(&entries)?;
        cx.output.answer(format!("{}\n", printable_json(&indented(&json, "   "))))?;
        Ok(ExitStatus::Success)
    }
}
