//! `--ca-config`: the file of a CA on this machine, read to be changed.

use std::{io, path::PathBuf};

use clap::Args;
use serde::{Serialize, Serializer};

use super::super::flags::requires;
use crate::{answer::Answer, ca_json::CaJson, context::Context, output::Output};

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

/// There is no such provisioner.
pub(super) fn not_found(name: &str, kid: Option<&str>) -> anyhow::Error {
    match kid {
        None => anyhow::anyhow!("no provisioners with name {name} found"),
        Some(kid) => anyhow::anyhow!("no provisioners with name={name} and kid={kid} found"),
    }
}

/// What has become of provisioners, and that the CA is to be told.
pub(super) struct Changed<T>(pub(super) T);

impl<T: Serialize> Serialize for Changed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: Answer> Answer for Changed<T> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        self.0.tell(output)?;
        output.say(RELOAD)
    }
}
