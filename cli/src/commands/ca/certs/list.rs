//! `step ca certs list`

use certs::Filter;
use clap::{Args, ValueEnum};

use super::reader::{Found, ReaderFlags, collect, json};
use crate::{context::Context, error::ExitStatus};

/// List certificates, newest first
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca certs list --cert ops.crt --key ops.key --live --expires-before 72h
  step ca certs list --cert ops.crt --key ops.key --provisioner ci --format json")]
pub(crate) struct List {
    #[command(flatten)]
    reader: ReaderFlags,
    #[command(flatten)]
    filter: Filter,
    /// Show so many at most
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// How to show them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Json,
    Table,
}

impl List {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.reader.client(cx)?;
        let parameters = self.filter.parameters(cx.now());
        let limit = usize::try_from(self.limit)?;
        let Found { entries, are_there_more } = collect(cx, &client, &parameters, limit)?;
        let text = match self.format {
            Format::Csv => certs::csv(&entries),
            Format::Json => json(&entries)?,
            Format::Table => certs::table(&entries),
        };
        cx.output.answer(text)?;
        if are_there_more {
            cx.output.say(format_args!("There may be more than {limit}; `--limit` shows them."))?;
        }
        Ok(ExitStatus::Success)
    }
}
