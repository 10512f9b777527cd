//! `step-ca db …`: the store as a thing that is kept.

use std::path::PathBuf;

use authority::Timestamp;
use clap::{Args, Subcommand};

use super::{
    ConfigFlag, OperatorError,
    intents::{IntentsCommand, lines},
    size,
};
use crate::store::{Compacted, Copied, Embedded, Reader, Report, Restored};

/// Check the store, copy it, put a copy back, make it small.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Copy the store into a file, also while the CA runs
    Backup(Backup),
    /// Read everything that is kept and compare it with itself, also while the CA runs
    Check(Check),
    /// Give back the room that is not used any more; the CA must not run
    Compact(Compact),
    /// See and settle certificates that a token was asked for and that are not on record
    #[command(subcommand)]
    Intents(IntentsCommand),
    /// Put a copy in the place of the store; the CA must not run
    Restore(Restore),
}

impl DbCommand {
    /// Does it, and answers what is to be printed.
    ///
    /// # Errors
    /// The configuration or the store cannot be used, or the store is damaged.
    pub fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        match self {
            Self::Backup(backup) => backup.run(),
            Self::Check(check) => check.run(),
            Self::Compact(compact) => compact.run(now),
            Self::Intents(command) => command.run(now),
            Self::Restore(restore) => restore.run(now),
        }
    }
}

/// `step-ca db check`
#[derive(Args, Debug)]
pub struct Check {
    #[command(flatten)]
    config: ConfigFlag,
}

impl Check {
    fn run(self) -> Result<String, OperatorError> {
        let config = self.config.load()?;
        let reader = Reader::open(&config.store)?;
        let report = reader.check()?;
        Ok(format!("{} is sound.\n{}{}", config.store.display(), counts(&report), lines(&reader.unclaimed()?)))
    }
}

/// `step-ca db backup`
///
/// The copy has the certificates and the audit log, and none of the keys. It is readable by its owner alone.
#[derive(Args, Debug)]
pub struct Backup {
    /// File to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFlag,
    /// Overwrite the file
    #[arg(long, short)]
    force: bool,
}

impl Backup {
    fn run(self) -> Result<String, OperatorError> {
        let reader = Reader::open(&self.config.load()?.store)?;
        let Copied { report, octets } = reader.back_up(&self.file, self.force)?;
        Ok(format!("{} ({}) was written and is sound.\n{}", self.file.display(), size(octets), counts(&report)))
    }
}

/// `step-ca db compact`
///
/// Certificates that ended longer ago than `db.retention` of the configuration says are dropped from their records. The
/// records stay, and so do the audit log and revocations.
#[derive(Args, Debug)]
pub struct Compact {
    #[command(flatten)]
    config: ConfigFlag,
}

impl Compact {
    fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        let config = self.config.load()?;
        let forget = config.retention.map(|retention| now.saturating_sub(retention));
        let compacted = Embedded::compact(&config.store, config.store_head.as_deref(), forget)?;
        let Compacted { report, forgotten, octets_before, octets_after } = compacted;
        let (before, after) = (size(octets_before), size(octets_after));
        let mut text = format!("{} had {before} and has {after}.\n", config.store.display());
        if forgotten > 0 {
            text.push_str(&match forgotten {
                1 => "1 certificate was dropped from its record.\n".to_owned(),
                _ => format!("{forgotten} certificates were dropped from their records.\n"),
            });
        }
        Ok(text + &counts(&report))
    }
}

/// `step-ca db restore`
///
/// What the copy replaces is kept beside it. Which tokens were used and what was revoked after the copy was made is not
/// in it: the CA finds that out when it starts, and refuses every token from before.
#[derive(Args, Debug)]
pub struct Restore {
    /// File that `step-ca db backup` has written
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFlag,
}

impl Restore {
    fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        let config = self.config.load()?;
        let head = config.store_head.as_deref();
        let Restored { report, is_set_back, aside } = Embedded::restore(&config.store, head, &self.file, now)?;
        let mut text = format!("{} is now the copy in {}.\n", config.store.display(), self.file.display());
        text.push_str(&counts(&report));
        if let Some(aside) = aside {
            text.push_str(&format!("What was there before is in {}.\n", aside.display()));
        }
        if is_set_back {
            text.push_str(
                "The copy is older than what was seen of the store last. At its next start the CA will refuse every token \
                 from before. Revoke again what was revoked since the copy was made.\n",
            );
        }
        Ok(text)
    }
}

/// One line a count.
fn counts(report: &Report) -> String {
    let Report { certificates, revoked, spent, head } = report;
    let plural = |count: u64, one: &'static str, many: &'static str| if count == 1 { one } else { many };
    format!(
        "{certificates} {}, {revoked} of them revoked; {spent} used {}\n{} {} of audit log, the last with hash {}\n",
        plural(*certificates, "certificate", "certificates"),
        plural(*spent, "credential", "credentials"),
        head.sequence,
        plural(head.sequence, "line", "lines"),
        head.hash
    )
}
