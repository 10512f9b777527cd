//! `step ca certs export`

use std::path::PathBuf;

use certs::Filter;
use clap::{Args, ValueEnum};

use super::reader::{Found, ReaderFlags, collect, json};
use crate::{context::Context, error::ExitStatus, files::Destination};

/// Write certificates to a file, newest first, every one that is meant
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca certs export certificates.csv --cert ops.crt --key ops.key
  step ca certs export live.pem --cert ops.crt --key ops.key --live --format pem")]
pub(crate) struct Export {
    /// File to write; standard output if left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    reader: ReaderFlags,
    #[command(flatten)]
    filter: Filter,
    /// What to write: what is known of the certificates, or the certificates themselves
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: Format,
    /// Overwrite the file without asking
    #[arg(long, short)]
    force: bool,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
enum Format {
    Csv,
    Json,
    Pem,
}

impl Export {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let destination = self.file.as_deref().map(|file| Destination::claim(cx, file, self.force)).transpose()?;
        let client = self.reader.client(cx)?;
        let mut parameters = self.filter.parameters(cx.now());
        if self.format != Format::Csv {
            parameters.push(("crt", "true".to_owned()));
        }
        let Found { entries, .. } = collect(cx, &client, &parameters, usize::MAX)?;
        let text = match self.format {
            Format::Csv => certs::csv(&entries),
            Format::Json => json(&entries)?,
            Format::Pem => entries.iter().map(|entry| entry.pem.as_str()).collect(),
        };
        match destination {
            Some(destination) => {
                destination.write(text.as_bytes())?;
                let count = entries.len();
                cx.output
                    .say(format_args!("{count} certificates have been saved in {}.", destination.path().display()))?;
            }
            None => cx.output.answer(text)?,
        }
        Ok(ExitStatus::Success)
    }
}
