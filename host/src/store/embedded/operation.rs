//! What the writer is asked to do, and how it answers.

use authority::Timestamp;
use tokio::sync::oneshot;

use super::transaction::Transaction;
use crate::store::{DataChange, Issuance, Recorded, SingleUse, StoreError};

/// One thing to write, and who waits for it.
pub(super) enum Operation {
    ChangeData(DataChange, Reply<bool>),
    Consume(SingleUse, Reply<bool>),
    Prune(Timestamp, Reply<u64>),
    Record(Box<Issuance>, Reply<Recorded>),
    /// There are refusals to be written, soon.
    Refusals,
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
    /// Does it within the transaction. An error is one of the database and ends the whole transaction.
    pub(super) fn apply(self, transaction: &mut Transaction<'_>) -> Result<Outcome, (Self, StoreError)> {
        if self.is_abandoned() {
            return Ok(Outcome::Silent);
        }
        match self {
            Self::Record(issuance, reply) => match transaction.record(&issuance) {
                Ok(result) => Ok(Outcome::Recorded(Pending { reply, result: result.map_err(StoreError::from) })),
                Err(error) => Err((Self::Record(issuance, reply), error)),
            },
            Self::Consume(once, reply) => match transaction.consume(&once) {
                Ok(first) => Ok(Outcome::Flag(Pending { reply, result: Ok(first) })),
                Err(error) => Err((Self::Consume(once, reply), error)),
            },
            Self::ChangeData(change, reply) => match transaction.change_data(&change) {
                Ok(changed) => Ok(Outcome::Flag(Pending { reply, result: Ok(changed) })),
                Err(error) => Err((Self::ChangeData(change, reply), error)),
            },
            Self::Prune(now, reply) => match transaction.prune(now) {
                Ok(count) => Ok(Outcome::Count(Pending { reply, result: Ok(count) })),
                Err(error) => Err((Self::Prune(now, reply), error)),
            },
            Self::Refusals => Ok(Outcome::Silent),
        }
    }

    /// Whether the client is gone: what nobody will hear of is not written.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::ChangeData(_, reply) | Self::Consume(_, reply) => reply.is_closed(),
            Self::Prune(_, reply) => reply.is_closed(),
            Self::Record(_, reply) => reply.is_closed(),
            Self::Refusals => false,
        }
    }

    /// Answers that it was not done.
    pub(super) fn fail(self, error: StoreError) {
        // Nobody listening is no reason to stop.
        match self {
            Self::ChangeData(_, reply) | Self::Consume(_, reply) => drop(reply.send(Err(error))),
            Self::Prune(_, reply) => drop(reply.send(Err(error))),
            Self::Record(_, reply) => drop(reply.send(Err(error))),
            Self::Refusals => {}
        }
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
