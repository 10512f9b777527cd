//! `step ca certs export`

use std::{
    io,
    path::{Path, PathBuf},
};

use certs::Filter;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::reader::{Found, ReaderFlags, collect, json};
use crate::{answer::Answer, context::Context, error::ExitStatus, files::Destination, output::Output};

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

/// Where the certificates are, and how many.
#[derive(Serialize)]
struct Exported<'a> {
    file: &'a Path,
    count: usize,
}

impl Answer for Exported<'_> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        let have = certs::certificates_have(self.count);
        output.say(format_args!("{have} been saved in {}.", self.file.display()))
    }
}

impl Export {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let destination = self.file.as_deref().map(|file| Destination::claim(cx, file, self.force)).transpose()?;
        let client = self.reader.client(cx)?;
        let format = if cx.output.is_json() && destination.is_none() { Format::Json } else { self.format };
        let mut parameters = self.filter.parameters(cx.now());
        if format != Format::Csv {
            parameters.push(("crt", "true".to_owned()));
        }
        let Found { entries, .. } = collect(cx, &client, &parameters, usize::MAX)?;
        let text = match format {
            Format::Csv => certs::csv(&entries),
            Format::Json => json(&entries)?,
            Format::Pem => entries.iter().map(|entry| entry.pem.as_str()).collect(),
        };
        match destination {
            Some(destination) => {
                destination.write(text.as_bytes())?;
                cx.output.give(&Exported { file: destination.path(), count: entries.len() })?;
            }
            None => cx.output.answer(text)?,
        }
        Ok(ExitStatus::Success)
    }
}
