//! `step ca audit`

use std::{io, path::PathBuf};

use anyhow::Context as _;
use audit_log::{Chain, Heads, VerifyError, verify_files};
use authority::Certificate;
use clap::Args;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{answer::Answer, commands::commands, context::Context, error::ExitStatus, output::Output};

/// Look at the audit log of a CA
#[derive(Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Commands,
}

impl Audit {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Verify(Verify),
});

/// Find any line of an audit log that was changed, removed, moved or added, and a tail that was cut
///
/// Each line of the log is bound to all before it by its hash; where the log ended is in a line that the CA has signed,
/// in <FILE>.head. Neither the CA nor its store is needed. Of a log that was rotated name all files, oldest first.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca audit verify audit.log
  step ca audit verify audit.log.2 audit.log.1 audit.log
  step ca audit verify audit.log --head elsewhere/audit.log.head --certificate intermediate_ca.crt")]
pub(crate) struct Verify {
    /// Files of JSON lines, as the CA and `step-ca audit export` write them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// A signed end of the log; <FILE>.head if left out
    #[arg(long, value_name = "FILE")]
    head: Vec<PathBuf>,
    /// The certificate of the CA that signed it; $STEPPATH/certs/intermediate_ca.crt if left out
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Do without a signed end: a cut tail, and a log that was written anew, are not found
    #[arg(long, conflicts_with = "head")]
    without_head: bool,
}

/// What the files hold.
#[derive(Serialize)]
struct Chains<'a> {
    chains: Vec<Told<'a>>,
}

struct Told<'a>(&'a Chain);

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Chain { log, after, end, signed }) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("log", &hex::encode(log))?;
        map.serialize_entry("first", &after.sequence.saturating_add(1))?;
        map.serialize_entry("last", &end.sequence)?;
        if let Some(head) = signed {
            map.serialize_entry("signedTo", &head.sequence)?;
        }
        map.end()
    }
}

impl Answer for Chains<'_> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        self.chains.iter().try_for_each(|Told(chain)| output.answer(format!("{chain}\n")))
    }
}

impl Verify {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let heads = match self.head.as_slice() {
            _ if self.without_head => Heads::Nowhere,
            [] => Heads::Beside,
            heads => Heads::In(heads),
        };
        let certificates = if self.without_head { Vec::new() } else { self.certificates(cx)? };
        let chains = verify_files(&self.files, heads, &certificates).map_err(|error| match error {
            VerifyError::NoHead => anyhow::anyhow!("{error}; name one with --head, or do --without-head"),
            error => error.into(),
        })?;
        cx.output.give(&Chains { chains: chains.iter().map(Told).collect() })?;
        Ok(ExitStatus::Success)
    }

    fn certificates(&self, cx: &Context) -> anyhow::Result<Vec<Certificate>> {
        let path = match &self.certificate {
            Some(path) => path.clone(),
            None => cx.step_path().intermediate_certificate(),
        };
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| format!("error reading {shown}"))?;
        Certificate::chain_from_pem(&text).with_context(|| format!("error reading {shown}"))
    }
}

#[cfg(test)]
mod tests;
