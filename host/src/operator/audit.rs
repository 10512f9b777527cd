//! `step-ca audit …`: is the audit log what was written?

use std::{
    io::{self, Write},
    path::PathBuf,
};

use audit_log::{Beginning, Chain, Heads, chained, verify_files};
use authority::Certificate;
use clap::{Args, Subcommand};

use super::{ConfigFlag, OperatorError};
use crate::{audit::Head, config::Config, store::Reader};

/// Follow the audit log, and write it out.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Write the audit log of the store as JSON lines, each with the hash that binds it to those before it
    Export(Export),
    /// Find any line that was changed, removed, moved or added, and a tail that was cut
    Verify(Verify),
}

impl AuditCommand {
    /// Does it, and answers what is to be printed.
    ///
    /// # Errors
    /// Configuration, files or store cannot be used, or the log is not what was written.
    pub fn run(self) -> Result<String, OperatorError> {
        match self {
            Self::Export(export) => export.run(),
            Self::Verify(verify) => verify.run(),
        }
    }
}

/// `step-ca audit export`
#[derive(Args, Debug)]
pub struct Export {
    #[command(flatten)]
    config: ConfigFlag,
    /// Begin after the line with this number
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    after: u64,
}

impl Export {
    fn run(self) -> Result<String, OperatorError> {
        let reader = Reader::open(&self.config.load()?.store)?;
        let (log, after) = reader.line(self.after)?;
        let after = after.ok_or(OperatorError::NoLine { sequence: self.after })?;
        let mut out = io::BufWriter::new(io::stdout().lock());
        let to_stdout = |error: io::Error| OperatorError::file("standard output".as_ref(), error);
        writeln!(out, "{}", Beginning { log, after }).map_err(to_stdout)?;
        let mut text = String::new();
        let written = reader.lines(self.after, |link| {
            text.clear();
            chained(link, &mut text);
            out.write_all(text.as_bytes())
        })?;
        written.and_then(|()| out.flush()).map_err(to_stdout)?;
        Ok(String::new())
    }
}

/// `step-ca audit verify`
///
/// With files, these alone are looked at: oldest first when the log was rotated. Without, the store is, and the file that
/// `audit.file` of the configuration names.
#[derive(Args, Debug)]
pub struct Verify {
    /// Files of JSON lines, as `audit.file` and `step-ca audit export` write them
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFlag,
    /// A signed end of the log; <FILE>.head if left out
    #[arg(long, value_name = "FILE")]
    head: Vec<PathBuf>,
    /// The certificate whose key has signed it; the issuing certificate of the configuration if left out
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Do without a signed end: a cut tail, and a log that was written anew, are not found
    #[arg(long, conflicts_with = "head")]
    without_head: bool,
}

impl Verify {
    fn run(self) -> Result<String, OperatorError> {
        if !self.files.is_empty() {
            return Ok(report(&self.follow(&self.files)?));
        }
        let config = self.config.load()?;
        let reader = Reader::open(&config.store)?;
        let (log, end) = reader.verify_log()?;
        let mut text = format!("{}: {} lines are as they were written\n", config.store.display(), end.sequence);
        if let Some(file) = &config.audit.file {
            let chains = self.follow(std::slice::from_ref(file))?;
            text.push_str(&format!("{}: {}", file.display(), report(&chains)));
            for chain in chains {
                is_of_store(&reader, &config, log, end, &chain)?;
            }
        }
        Ok(text)
    }

    fn follow(&self, files: &[PathBuf]) -> Result<Vec<Chain>, OperatorError> {
        let heads = match self.head.as_slice() {
            _ if self.without_head => Heads::Nowhere,
            [] => Heads::Beside,
            heads => Heads::In(heads),
        };
        let certificates = if self.without_head { Vec::new() } else { self.certificates()? };
        Ok(verify_files(files, heads, &certificates)?)
    }

    fn certificates(&self) -> Result<Vec<Certificate>, OperatorError> {
        let path = match &self.certificate {
            Some(path) => path.clone(),
            None => self.config.load()?.certificate,
        };
        let text = std::fs::read_to_string(&path).map_err(|error| OperatorError::file(&path, error))?;
        Certificate::chain_from_pem(&text).map_err(|error| OperatorError::file(&path, error))
    }
}

/// The file ends where the store does; while a CA writes it may be further by now.
fn is_of_store(reader: &Reader, config: &Config, log: [u8; 16], end: Head, chain: &Chain) -> Result<(), OperatorError> {
    let (_, line) = reader.line(chain.end.sequence)?;
    if chain.log != log || line != Some(chain.end) || chain.end.sequence < end.sequence {
        let (lines, expected) = (chain.end.sequence, end.sequence);
        let file = config.audit.file.clone().unwrap_or_default();
        return Err(OperatorError::OtherLog { file, lines, expected });
    }
    Ok(())
}

fn report(chains: &[Chain]) -> String {
    chains.iter().map(|chain| format!("{chain}\n")).collect()
}
