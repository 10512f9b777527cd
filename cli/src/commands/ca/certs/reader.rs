//! Somebody who may read what is on record.

use std::path::PathBuf;

use api_types::{CertificateEntry, CertificatesPage};
use clap::Args;
use serde::Serialize;

use super::super::{flags::CaFlags, pair::Pair};
use crate::{client::Client, context::Context, json_layout::indented, output::printable_json};

/// Which CA is asked, and by whom.
#[derive(Args)]
pub(in super::super) struct ReaderFlags {
    /// File with the certificate that lets you read, and the chain above it
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// File with its private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// File with the password of the private key, if it has one
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    ca: CaFlags,
}

impl ReaderFlags {
    pub(in super::super) fn client(&self, cx: &mut Context) -> anyhow::Result<Client> {
        Pair::read(cx, &self.cert, &self.key, self.password_file.as_deref())?.client(cx, &self.ca)
    }
}

/// What was asked for, page by page, as far as it was wanted.
pub(super) struct Found {
    pub(super) entries: Vec<CertificateEntry>,
    pub(super) are_there_more: bool,
}

/// Asks for pages until there are `limit` certificates or no more.
pub(super) fn collect(
    cx: &mut Context,
    client: &Client,
    parameters: &[(&'static str, String)],
    limit: usize,
) -> anyhow::Result<Found> {
    let mut entries: Vec<CertificateEntry> = Vec::new();
    let mut cursor = String::new();
    loop {
        let wanted = limit.saturating_sub(entries.len()).min(PAGE);
        let page = cx.wait_for(client.certificates(parameters, &cursor, wanted))??;
        let CertificatesPage { certificates, next_cursor } = page;
        entries.extend(certificates);
        if next_cursor.is_empty() || entries.len() >= limit {
            return Ok(Found { are_there_more: !next_cursor.is_empty(), entries });
        }
        // Numbers go down from page to page; a CA that goes in circles is none of ours.
        anyhow::ensure!(is_below(&next_cursor, &cursor), "the CA's pages go round in circles");
        cursor = next_cursor;
    }
}

/// So many at once: far less than an answer may be long.
const PAGE: usize = 100;

/// Whether a page begins below the one before it.
pub(in super::super) fn is_below(next: &str, cursor: &str) -> bool {
    match (next.parse::<u64>(), cursor.parse::<u64>()) {
        (Ok(next), Ok(cursor)) => next < cursor,
        (Ok(_), Err(_)) => true,
        (Err(_), _) => false,
    }
}

/// JSON for people and programs, with a line end at its end.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(format!("{}\n", printable_json(&indented(&serde_json::to_string(value)?, "  "))))
}
