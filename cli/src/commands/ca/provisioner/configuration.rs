//! `--ca-config`: the file of a CA on this machine, read to be changed.

use std::path::PathBuf;

use clap::Args;

use super::super::flags::requires;
use crate::{ca_json::CaJson, context::Context};

/// Which configuration is changed.
#[derive(Args)]
pub(super) struct Configuration {
    /// Configuration of the CA, ca.json
    #[arg(long, value_name = "FILE")]
    ca_config: Option<PathBuf>,
}

/// What is said after a change, since a running CA does not see it by itself.
const RELOAD: &str =
    "The configuration has been changed. Send the CA a SIGHUP, or start it anew, to have it load the change.";

impl Configuration {
    /// Says so when it is not named.
    pub(super) fn is_named(&self, cx: &Context) -> anyhow::Result<()> {
        self.ca_config.as_ref().map(|_| ()).ok_or_else(|| requires(cx, "ca-config").into())
    }

    pub(super) fn read(&self, cx: &Context) -> anyhow::Result<CaJson> {
        CaJson::read(self.ca_config.as_deref().ok_or_else(|| requires(cx, "ca-config"))?)
    }
}

/// What is left to do once the file is changed.
pub(super) fn say_reload(cx: &mut Context) -> std::io::Result<()> {
    cx.output.say(RELOAD)
}

/// There is no such provisioner.
pub(super) fn not_found(name: &str, kid: Option<&str>) -> anyhow::Error {
    match kid {
        None => anyhow::anyhow!("no provisioners with name {name} found"),
        Some(kid) => anyhow::anyhow!("no provisioners with name={name} and kid={kid} found"),
    }
}
