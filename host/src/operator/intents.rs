//! `step-ca db intents …`: certificates that a token was asked for, and of which nobody knows what became.

use authority::{SerialNumber, Timestamp};
use clap::{Args, Subcommand};

use super::{ConfigFlag, OperatorError, hold};
use crate::{
    audit::{Entry, Operation, Outcome},
    decision, limits,
    store::{Intent, Reader},
};

/// See and settle certificates that a token was asked for and that are not on record
///
/// A token may have signed although its answer was lost. Nobody was handed such a certificate, but it may exist. Look into
/// the log of the token, and revoke by hand what must not be used.
#[derive(Debug, Subcommand)]
pub enum IntentsCommand {
    /// List them, the oldest first, also while the CA runs: then those on their way are among them
    List(List),
    /// Take them off the list, when it is known what became of them; the CA must not run
    Settle(Settle),
}

impl IntentsCommand {
    /// Does it, and answers what is to be printed.
    pub(super) fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        match self {
            Self::List(list) => list.run(),
            Self::Settle(settle) => settle.run(now),
        }
    }
}

/// `step-ca db intents list`
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    config: ConfigFlag,
}

impl List {
    fn run(self) -> Result<String, OperatorError> {
        let unclaimed = Reader::open(&self.config.load()?.store)?.unclaimed()?;
        Ok(match unclaimed.len() {
            0 => "Every certificate that was asked of the signer is on record.\n".to_owned(),
            count => format!("{}{count} of at most {}.\n", lines(&unclaimed), limits::INTENTS),
        })
    }
}

/// `step-ca db intents settle`
///
/// That it was done, and why, is in the audit log.
#[derive(Args, Debug)]
pub struct Settle {
    /// Serial numbers of those that are meant: decimal, or hexadecimal after 0x
    #[arg(value_name = "SERIAL-NUMBER", required_unless_present = "all", conflicts_with = "all")]
    serial_numbers: Vec<SerialNumber>,
    /// All of them
    #[arg(long)]
    all: bool,
    /// What became of them, for people
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    config: ConfigFlag,
}

impl Settle {
    fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        if self.reason.len() > limits::REVOCATION_REASON {
            return Err(OperatorError::ReasonTooLong { limit: limits::REVOCATION_REASON });
        }
        let config = self.config.load()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(OperatorError::Runtime)?;
        runtime.block_on(async {
            // From here on nobody else writes, so that none of them is on its way.
            let store = hold(&config, now).await?;
            let unclaimed = store.unclaimed().await.map_err(OperatorError::Store)?;
            let meant: Vec<Intent> = match self.all {
                true => unclaimed,
                false => {
                    let find = |serial_number: &SerialNumber| {
                        let found = unclaimed.iter().find(|intent| intent.serial_number == *serial_number);
                        found.cloned().ok_or(OperatorError::NoIntent { serial_number: *serial_number })
                    };
                    self.serial_numbers.iter().map(find).collect::<Result<_, _>>()?
                }
            };
            for intent in &meant {
                let entry = self.entry(intent, now);
                store.settle(intent.serial_number, entry).await.map_err(OperatorError::Store)?;
            }
            Ok(format!("{}{} settled.\n", lines(&meant), meant.len()))
        })
    }

    fn entry(&self, intent: &Intent, now: Timestamp) -> Entry {
        let (id, request_id) = (decision::fresh_id(), decision::fresh_id());
        Entry {
            provisioner: Some(intent.provisioner.clone()),
            names: intent.names.clone(),
            message: Some(self.reason.clone()),
            serial_number: Some(intent.serial_number),
            ..Entry::new(id, now, request_id, Operation::Settle, Outcome::Accepted)
        }
    }
}

/// One line a certificate that may exist although it is not on record.
pub(super) fn lines(unclaimed: &[Intent]) -> String {
    let line = |Intent { serial_number, names, provisioner, time }: &Intent| {
        let who = if provisioner.is_empty() { "the CA itself" } else { provisioner };
        let names = names.join(", ");
        format!("asked of the signer and not on record: {serial_number} for {names}, by {who}, at {time}\n")
    };
    unclaimed.iter().map(line).collect()
}
