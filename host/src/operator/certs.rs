//! `step-ca certs …`: what is on record, read from the store itself.

use std::path::PathBuf;

use api_types::CertificateEntry;
use authority::{SerialNumber, Timestamp};
use certs::Filter;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{ConfigFlag, OperatorError};
use crate::{
    limits,
    records::{self, Listing},
    store::{CertificatePage, CertificateQuery, Dossier, Page, Reader},
};

/// See which certificates were issued, and what has become of them.
#[derive(Debug, Subcommand)]
pub enum CertsCommand {
    /// Write certificates to a file, newest first, every one that is meant
    Export(Export),
    /// List certificates, newest first
    List(List),
    /// Show one certificate: who got it when and by which modules, and whether it is revoked
    Show(Show),
}

impl CertsCommand {
    /// Does it, and answers what is to be printed.
    ///
    /// # Errors
    /// Configuration, flags, store or file cannot be used.
    pub fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        match self {
            Self::Export(export) => export.run(now),
            Self::List(list) => list.run(now),
            Self::Show(show) => show.run(now),
        }
    }
}

/// `step-ca certs list`
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    config: ConfigFlag,
    #[command(flatten)]
    filter: Filter,
    /// Show so many at most
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// How to show them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: ListFormat,
}

/// How a list is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ListFormat {
    Csv,
    Json,
    Table,
}

impl List {
    fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        let entries =
            collect(&self.config, &self.filter, now, usize::try_from(self.limit).unwrap_or(usize::MAX), false)?;
        match self.format {
            ListFormat::Csv => Ok(certs::csv(&entries)),
            ListFormat::Json => json(&entries),
            ListFormat::Table => Ok(certs::table(&entries)),
        }
    }
}

/// `step-ca certs show`
#[derive(Args, Debug)]
pub struct Show {
    /// Serial number of the certificate: decimal, or hexadecimal after 0x
    #[arg(value_name = "SERIAL-NUMBER")]
    serial_number: SerialNumber,
    #[command(flatten)]
    config: ConfigFlag,
    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ShowFormat,
}

/// How one certificate is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShowFormat {
    Json,
    Pem,
    Text,
}

impl Show {
    fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        let reader = Reader::open(&self.config.load()?.store)?;
        let serial_number = self.serial_number;
        let query = CertificateQuery { serial_number: Some(serial_number), ..CertificateQuery::default() };
        let page = reader.certificates(&query, Page { before: None, limit: 1 })?;
        let dossier = page.certificates.first().ok_or(OperatorError::NotOnRecord { serial_number })?;
        let entry = records::entry(dossier, now, true);
        match self.format {
            ShowFormat::Json => json(&entry),
            ShowFormat::Pem => Ok(entry.pem),
            ShowFormat::Text => Ok(certs::record(&entry)),
        }
    }
}

/// `step-ca certs export`
#[derive(Args, Debug)]
pub struct Export {
    /// File to write; standard output if left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFlag,
    #[command(flatten)]
    filter: Filter,
    /// What to write: what is known of the certificates, or the certificates themselves
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: ExportFormat,
    /// Overwrite the file
    #[arg(long, short)]
    force: bool,
}

/// What is exported.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum ExportFormat {
    Csv,
    Json,
    Pem,
}

impl Export {
    fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        let with_certificates = self.format != ExportFormat::Csv;
        let entries = collect(&self.config, &self.filter, now, usize::MAX, with_certificates)?;
        let text = match self.format {
            ExportFormat::Csv => certs::csv(&entries),
            ExportFormat::Json => json(&entries)?,
            ExportFormat::Pem => entries.iter().map(|entry| entry.pem.as_str()).collect(),
        };
        let Some(file) = self.file else { return Ok(text) };
        let overwrite = if self.force { steppath::Overwrite::Allow } else { steppath::Overwrite::Refuse };
        steppath::write(&file, text.as_bytes(), steppath::Access::Private, overwrite)
            .map_err(|error| OperatorError::file(&file, error))?;
        Ok(format!("{} been saved in {}.\n", certs::certificates_have(entries.len()), file.display()))
    }
}

/// The first `limit` certificates that are meant, as they are shown.
fn collect(
    config: &ConfigFlag,
    filter: &Filter,
    now: Timestamp,
    limit: usize,
    with_certificates: bool,
) -> Result<Vec<CertificateEntry>, OperatorError> {
    let dossiers = pages(&Reader::open(&config.load()?.store)?, filter, now, limit)?;
    Ok(dossiers.iter().map(|dossier| records::entry(dossier, now, with_certificates)).collect())
}

/// The first `limit` certificates that are meant, page by page.
fn pages(reader: &Reader, filter: &Filter, now: Timestamp, limit: usize) -> Result<Vec<Dossier>, OperatorError> {
    let parameters = filter.parameters(now);
    let parameters = parameters.iter().map(|(name, value)| (*name, value.as_str()));
    let Listing { query, page, .. } = Listing::parse(parameters, now)?;
    from_page(reader, &query, page, limit)
}

/// Every certificate that is meant, newest first.
pub(super) fn all(reader: &Reader, query: &CertificateQuery) -> Result<Vec<Dossier>, OperatorError> {
    from_page(reader, query, Page { before: None, limit: limits::LISTED }, usize::MAX)
}

fn from_page(
    reader: &Reader,
    query: &CertificateQuery,
    mut page: Page,
    limit: usize,
) -> Result<Vec<Dossier>, OperatorError> {
    let mut dossiers = Vec::new();
    loop {
        page.limit = limit.saturating_sub(dossiers.len()).min(limits::LISTED);
        let CertificatePage { certificates, next } = reader.certificates(query, page)?;
        dossiers.extend(certificates);
        if next.is_none() || dossiers.len() >= limit {
            return Ok(dossiers);
        }
        page.before = next;
    }
}

fn json(value: &impl Serialize) -> Result<String, OperatorError> {
    Ok(format!("{}\n", certs::printable_json(&serde_json::to_string_pretty(value)?)))
}
