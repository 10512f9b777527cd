//! `step ca provisioner list`

use clap::Args;
use serde_json::value::RawValue;

use super::super::flags::CaFlags;
use crate::{context::Context, error::ExitStatus, json_layout::indented, output::printable_json};

/// List the provisioners of the CA
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step ca provisioner list")]
pub(crate) struct List {
    #[command(flatten)]
    ca: CaFlags,
}

impl List {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.ca.client(cx)?;
        // As they were sent: with members we do not know, in the order the CA has them.
        let entries: Vec<Box<RawValue>> = cx.wait_for(client.provisioners())??;
        let json = serde_json::to_string(&entries)?;
        cx.output.answer(format!("{}\n", printable_json(&indented(&json, "   "))))?;
        Ok(ExitStatus::Success)
    }
}
