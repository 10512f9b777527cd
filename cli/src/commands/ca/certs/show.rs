//! `step ca certs show`

use authority::SerialNumber;
use clap::{Args, ValueEnum};

use super::reader::{ReaderFlags, json};
use crate::{
    context::Context,
    error::ExitStatus,
    inspect::{Document, short},
};

/// Show one certificate: what it says, who got it when and by which modules, and whether it is revoked
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step ca certs show 0x5d1f --cert ops.crt --key ops.key")]
pub(crate) struct Show {
    /// Serial number of the certificate: decimal, or hexadecimal after 0x
    #[arg(value_name = "SERIAL-NUMBER")]
    serial_number: SerialNumber,
    #[command(flatten)]
    reader: ReaderFlags,
    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Pem,
    Text,
}

impl Show {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.reader.client(cx)?;
        let entry = cx.wait_for(client.certificate(&self.serial_number))??;
        let text = match self.format {
            _ if cx.output.is_json() => json(&entry)?,
            Format::Json => json(&entry)?,
            Format::Pem => entry.pem,
            Format::Text => {
                let document = Document::first(entry.pem.as_bytes(), "the answer of the CA")?;
                format!("{}\n{}", short::render(&document)?, certs::record(&entry))
            }
        };
        cx.output.answer(text)?;
        Ok(ExitStatus::Success)
    }
}
