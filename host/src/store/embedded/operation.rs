//! What the writer is asked to do, and how it answers.

use authority::{SerialNumber, Timestamp};
use tokio::sync::oneshot;

use super::transaction::Transaction;
use crate::audit::{Digest, Entry};
use crate::store::{
    ConfigurationRecord, Consumption, DataChange, Intent, Issuance, ModuleRecord, Recall, Recorded, Revocation,
    StoreError,
};

/// One thing to write, and who waits for it.
pub(super) enum Operation {
    ChangeData(DataChange, Reply<bool>),
    Consume(Consumption, Reply<bool>),
    Intend(Intent, Reply<bool>),
    Prune(Timestamp, Reply<u64>),
    Recall(Box<Recall>, Reply<bool>),
    Record(Box<Issuance>, Reply<Recorded>),
    /// A list was made: its number, and when.
    RecordList(u64, Timestamp, Reply<bool>),
    RememberConfiguration(ConfigurationRecord, Reply<bool>),
    /// What the configuration with this digest is served with.
    RememberModules(Digest, Vec<ModuleRecord>, Reply<u64>),
    /// There are refusals to be written, soon.
    Refusals,
    /// The audit file may have been moved away.
    ReopenAuditFile,
    Revoke(Box<Revocation>, Reply<Recorded>),
    /// An operator knows what became of an intent.
    Settle(SerialNumber, Box<Entry>, Reply<bool>),
    /// Nothing was signed under this serial number, or it is gone.
    Withdraw(SerialNumber),
}

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What an operation came to; it becomes an answer when its transaction is durable.
pub(super) enum Outcome {
    Count(Pending<u64>),
    Flag(Pending<bool>),
    Recorded(Pending<Recorded>),
    /// Nobody waits any more, or nobody ever did.
    Silent,
}

/// A result that may not be told yet.
pub(super) struct Pending<T> {
    reply: Reply<T>,
    result: Result<T, StoreError>,
}

impl Operation {
    /// Does it within the transaction. An error of the database ends the whole transaction.
    pub(super) fn apply(self, transaction: &mut Transaction<'_>) -> (Outcome, Result<(), StoreError>) {
        if self.is_abandoned() {
            return (Outcome::Silent, Ok(()));
        }
        match self {
            Self::ChangeData(change, reply) => settle(reply, transaction.change_data(&change).map(Ok), Outcome::Flag),
            Self::Consume(consumption, reply) => match transaction.consume(&consumption) {
                // There is no room for it; the others are none the worse.
                Err(error @ StoreError::TooManyConsumed { .. }) => settle(reply, Ok(Err(error)), Outcome::Flag),
                consumed => settle(reply, consumed.map(Ok), Outcome::Flag),
            },
            Self::Intend(intent, reply) => match transaction.intend(&intent) {
                // There is no room for it; the others are none the worse.
                Err(error @ StoreError::TooManyIntents) => settle(reply, Ok(Err(error)), Outcome::Flag),
                intended => settle(reply, intended.map(Ok), Outcome::Flag),
            },
            Self::Prune(now, reply) => settle(reply, transaction.prune(now).map(Ok), Outcome::Count),
            Self::Recall(recall, reply) => match transaction.recall(&recall) {
                // There is no room for it; the others are none the worse.
                Err(error @ StoreError::TooManyRecalls) => settle(reply, Ok(Err(error)), Outcome::Flag),
                recalled => settle(reply, recalled.map(Ok), Outcome::Flag),
            },
            Self::Record(issuance, reply) => {
                let result = transaction.record(&issuance).map(|result| result.map_err(StoreError::from));
                settle(reply, result, Outcome::Recorded)
            }
            Self::RecordList(number, made_at, reply) => {
                settle(reply, Ok(Ok(transaction.record_list(number, made_at))), Outcome::Flag)
            }
            Self::RememberConfiguration(configuration, reply) => {
                settle(reply, transaction.remember_configuration(&configuration).map(Ok), Outcome::Flag)
            }
            Self::RememberModules(configuration, modules, reply) => {
                settle(reply, transaction.remember_modules(&configuration, &modules).map(Ok), Outcome::Count)
            }
            Self::Settle(serial_number, entry, reply) => {
                settle(reply, transaction.settle_as(&serial_number, &entry).map(Ok), Outcome::Flag)
            }
            Self::Refusals | Self::ReopenAuditFile => (Outcome::Silent, Ok(())),
            Self::Withdraw(serial_number) => (Outcome::Silent, transaction.settle(&serial_number)),
            Self::Revoke(revocation, reply) => {
                let result = transaction.revoke(&revocation).map(|result| result.map_err(StoreError::from));
                settle(reply, result, Outcome::Recorded)
            }
        }
    }

    /// Whether the client is gone: what nobody will hear of is not written.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::ChangeData(_, reply) | Self::Consume(_, reply) | Self::RecordList(_, _, reply) => reply.is_closed(),
            Self::Intend(_, reply) | Self::Recall(_, reply) | Self::Settle(_, _, reply) => reply.is_closed(),
            Self::Prune(_, reply) | Self::RememberModules(_, _, reply) => reply.is_closed(),
            Self::RememberConfiguration(_, reply) => reply.is_closed(),
            Self::Record(_, reply) | Self::Revoke(_, reply) => reply.is_closed(),
            Self::Refusals | Self::ReopenAuditFile | Self::Withdraw(_) => false,
        }
    }

    /// Answers that it was not done.
    pub(super) fn fail(self, error: StoreError) {
        // Nobody listening is no reason to stop.
        match self {
            Self::ChangeData(_, reply) | Self::Consume(_, reply) | Self::RecordList(_, _, reply) => {
                drop(reply.send(Err(error)));
            }
            Self::Intend(_, reply) | Self::Recall(_, reply) | Self::Settle(_, _, reply) => drop(reply.send(Err(error))),
            Self::Prune(_, reply) | Self::RememberModules(_, _, reply) => drop(reply.send(Err(error))),
            Self::RememberConfiguration(_, reply) => drop(reply.send(Err(error))),
            Self::Record(_, reply) | Self::Revoke(_, reply) => drop(reply.send(Err(error))),
            Self::Refusals | Self::ReopenAuditFile | Self::Withdraw(_) => {}
        }
    }
}

fn settle<T>(
    reply: Reply<T>,
    result: Result<Result<T, StoreError>, StoreError>,
    outcome: fn(Pending<T>) -> Outcome,
) -> (Outcome, Result<(), StoreError>) {
    match result {
        Ok(result) => (outcome(Pending { reply, result }), Ok(())),
        Err(error) => (outcome(Pending { reply, result: Err(error.clone()) }), Err(error)),
    }
}

impl Outcome {
    /// The transaction is durable: answers what came of it.
    pub(super) fn tell(self) {
        match self {
            Self::Count(pending) => drop(pending.reply.send(pending.result)),
            Self::Flag(pending) => drop(pending.reply.send(pending.result)),
            Self::Recorded(pending) => drop(pending.reply.send(pending.result)),
            Self::Silent => {}
        }
    }

    /// The transaction has failed: answers that instead.
    pub(super) fn fail(self, error: StoreError) {
        match self {
            Self::Count(pending) => drop(pending.reply.send(Err(error))),
            Self::Flag(pending) => drop(pending.reply.send(Err(error))),
            Self::Recorded(pending) => drop(pending.reply.send(Err(error))),
            Self::Silent => {}
        }
    }
}
