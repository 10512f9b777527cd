//! The thread that owns the writing connection.
//!
//! Operations that arrive while a transaction is being flushed share the next one (group commit), and no answer leaves
//! before its own flush. After a failure of the disk nothing is believed, and whoever hears of it finds the store out of
//! order: the connection is thrown away, and nothing is written until the store has been read from the disk again and has
//! taken a transaction.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use prometheus::Histogram;
use rusqlite::Connection;

use super::{
    Shared,
    audit_file::AuditFile,
    check, connection,
    last_seen::{LastSeen, Seen},
    operation::{Operation, Outcome},
    refusals::Refusal,
    state::State,
    transaction::Transaction,
};
use crate::{
    audit::{ChainError, Head},
    limits,
    store::error::{Damage, StoreError, Unavailable},
};

/// Everything the thread owns.
pub(super) struct Writer {
    path: PathBuf,
    /// None while the store is being recovered.
    connection: Option<Connection>,
    state: State,
    last_seen: LastSeen,
    audit_file: Option<AuditFile>,
    operations: Receiver<Operation>,
    shared: Arc<Shared>,
    /// When the refusals that wait have waited long enough.
    refusals_due: Option<Instant>,
    recovery: Recovery,
}

/// When recovery is tried next.
struct Recovery {
    at: Instant,
    pause: Duration,
}

impl Recovery {
    const FIRST_PAUSE: Duration = Duration::from_millis(50);
    const LONGEST_PAUSE: Duration = Duration::from_secs(2);

    fn soon() -> Self {
        Self { at: Instant::now(), pause: Self::FIRST_PAUSE }
    }

    fn later(&mut self) {
        self.at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(Self::LONGEST_PAUSE);
    }
}

impl Writer {
    pub(super) fn new(
        path: PathBuf,
        connection: Connection,
        state: State,
        last_seen: LastSeen,
        audit_file: Option<AuditFile>,
        operations: Receiver<Operation>,
        shared: Arc<Shared>,
    ) -> Self {
        let (connection, refusals_due, recovery) = (Some(connection), None, Recovery::soon());
        Self { path, connection, state, last_seen, audit_file, operations, shared, refusals_due, recovery }
    }

    /// Works until nobody can ask any more, then writes the last refusals.
    pub(super) fn run(mut self) {
        loop {
            let next = match self.wait() {
                Some(wait) => self.operations.recv_timeout(wait),
                None => self.operations.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            if self.connection.is_none() && Instant::now() >= self.recovery.at {
                self.recover();
            }
            match next {
                Ok(first) => self.batch(first),
                Err(RecvTimeoutError::Timeout) => self.write_due_refusals(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.refusals_due = Some(Instant::now());
        self.write_due_refusals();
        self.shared.set_ready(false);
        if let Some(connection) = &self.connection {
            // Readers that are still open keep the log from going by itself. Without it, whoever copies the file of a
            // server that has ended copies the whole store; with it, nothing is lost either.
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }

    /// How long to wait for an operation; none when nothing else is to be done.
    fn wait(&self) -> Option<Duration> {
        let due = match self.connection {
            Some(_) => self.refusals_due,
            None => Some(self.recovery.at),
        };
        due.map(|due| due.saturating_duration_since(Instant::now()))
    }

    /// Writes what is waiting.
    fn batch(&mut self, first: Operation) {
        let mut operations = self.gather(first);
        if operations.iter().any(|operation| matches!(operation, Operation::ReopenAuditFile)) {
            self.reopen_audit_file();
        }
        operations.retain(|operation| !matches!(operation, Operation::Refusals | Operation::ReopenAuditFile));
        let count = operations.len();
        self.shared.meters.waiting.sub(i64::try_from(count).unwrap_or(i64::MAX));
        // Whoever put the first one down may have found the queue full.
        if self.refusals_due.is_none() && !self.shared.refusals.is_empty() {
            // Half of the time they have is for the disk.
            self.refusals_due = Some(Instant::now() + limits::REFUSAL_TIME / 2);
        }
        if self.connection.is_none() {
            let recovering = || StoreError::Unavailable(Unavailable::Recovering);
            operations.into_iter().for_each(|operation| operation.fail(recovering()));
        } else if operations.is_empty() {
            self.write_due_refusals();
        } else {
            let refusals = self.due_refusals();
            self.write(refusals, operations);
        }
    }

    /// Takes what is waiting, and what is put down meanwhile: whoever is about to ask gets a chance to share the flush, for
    /// as long as somebody does. With nobody there it costs one system call.
    fn gather(&self, first: Operation) -> Vec<Operation> {
        let mut operations = vec![first];
        loop {
            let before = operations.len();
            std::thread::yield_now();
            operations.extend(self.operations.try_iter().take(limits::STORE_BATCH.saturating_sub(before)));
            if operations.len() == before {
                return operations;
            }
        }
    }

    fn write_due_refusals(&mut self) {
        let refusals = self.due_refusals();
        if !refusals.is_empty() {
            self.write(refusals, Vec::new());
        }
    }

    /// Refusals that have waited long enough; none before, however many transactions there are: a flood would go along
    /// with each of them.
    fn due_refusals(&mut self) -> Vec<Refusal> {
        if self.connection.is_none() || self.refusals_due.is_none_or(|due| Instant::now() < due) {
            return Vec::new();
        }
        self.refusals_due = None;
        self.shared.refusals.take()
    }

    /// One transaction: refusals, then operations. Answers all of them.
    fn write(&mut self, refusals: Vec<Refusal>, operations: Vec<Operation>) {
        let Some(connection) = &self.connection else { return };
        let meters = &self.shared.meters;
        meters.batch.observe((refusals.len() + operations.len()) as f64);
        match transact(connection, self.state, &refusals, operations, &meters.flush) {
            Ok((state, outcomes)) => {
                self.state = state;
                if let Some(Err(error)) = self.audit_file.as_mut().map(|file| file.follow(connection, &state)) {
                    self.fail(&error.into());
                    // On record, but not in the file: nobody may hold such a certificate.
                    return outcomes.into_iter().for_each(|outcome| outcome.fail(StoreError::OutcomeUnknown));
                }
                self.publish();
                fail::fail_point!("store::before_answer");
                outcomes.into_iter().for_each(Outcome::tell);
            }
            Err(failure) => {
                // Whether they were written is unknown: in the log twice is better than not at all.
                self.shared.refusals.put_back(refusals);
                self.fail(&failure.error);
                failure.tell();
            }
        }
    }

    fn publish(&self) {
        self.shared.publish(&self.state);
        let seen = Seen { log: self.state.log, head: self.state.head };
        if let Err(error) = self.last_seen.write(seen) {
            // It may be behind. What it guards against is another disaster.
            tracing::warn!(%error, "the end of the audit log was not noted outside the store");
        }
    }

    fn reopen_audit_file(&mut self) {
        let (Some(connection), Some(file)) = (&self.connection, &mut self.audit_file) else { return };
        match file.reopen(connection, &self.state) {
            Ok(()) => {}
            Err(error) => self.fail(&error.into()),
        }
    }

    fn fail(&mut self, error: &StoreError) {
        tracing::error!(
            error = error as &dyn std::error::Error,
            "the store failed; nothing is issued until it has recovered"
        );
        self.shared.meters.failures.inc();
        self.shared.set_ready(false);
        self.connection = None;
        self.recovery = Recovery::soon();
    }

    fn recover(&mut self) {
        // What is in the memory of other connections is not what is on the disk.
        self.shared.readers.forget();
        let recovered = recover(&self.path, &self.state).and_then(|(connection, state)| {
            self.state = state;
            if let Some(file) = &mut self.audit_file {
                file.recover(&connection, &state)?;
            }
            Ok((connection, state))
        });
        match recovered {
            Ok((connection, state)) => {
                self.connection = Some(connection);
                self.state = state;
                self.publish();
                self.shared.set_ready(true);
                tracing::info!(lines = state.head.sequence, "the store has recovered");
                if !self.shared.refusals.is_empty() {
                    self.refusals_due = Some(Instant::now());
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the store cannot be recovered yet");
                self.recovery.later();
            }
        }
    }
}

/// A transaction that failed, and who is to hear of it when the store is known to be out of order.
struct Failure {
    error: StoreError,
    outcomes: Vec<Outcome>,
    operations: Vec<Operation>,
    /// It may have been done.
    is_unknown: bool,
}

impl Failure {
    fn tell(self) {
        let told = || if self.is_unknown { StoreError::OutcomeUnknown } else { self.error.clone() };
        self.outcomes.into_iter().for_each(|outcome| outcome.fail(told()));
        self.operations.into_iter().for_each(|operation| operation.fail(told()));
    }
}

/// Does all of it, or nothing that anybody is told of.
fn transact(
    connection: &Connection,
    state: State,
    refusals: &[Refusal],
    operations: Vec<Operation>,
    flush: &Histogram,
) -> Result<(State, Vec<Outcome>), Failure> {
    let mut operations = operations.into_iter();
    let mut outcomes = Vec::with_capacity(operations.len());
    let begun = Transaction::begin(connection, state).and_then(|mut transaction| {
        refusals.iter().try_for_each(|Refusal { entry, inputs }| transaction.decide(entry, inputs.as_deref()))?;
        Ok(transaction)
    });
    let mut transaction = match begun {
        Ok(transaction) => transaction,
        Err(error) => {
            return Err(Failure { error, outcomes, operations: operations.collect(), is_unknown: false });
        }
    };
    while let Some(operation) = operations.next() {
        let (outcome, applied) = operation.apply(&mut transaction);
        outcomes.push(outcome);
        if let Err(error) = applied {
            return Err(Failure { error, outcomes, operations: operations.collect(), is_unknown: false });
        }
    }
    let committing = Instant::now();
    let committed = transaction.commit();
    flush.observe(committing.elapsed().as_secs_f64());
    match committed {
        Ok(state) => Ok((state, outcomes)),
        Err(error) => Err(Failure { error, outcomes, operations: Vec::new(), is_unknown: true }),
    }
}

/// Reads the store from the disk. It must be the one that was `acknowledged`, or that and what was committed without
/// anybody having been told: an older one has forgotten answers that have left.
fn recover(path: &Path, acknowledged: &State) -> Result<(Connection, State), StoreError> {
    fail::fail_point!("store::before_recovery");
    let connection = connection::writer(path)?;
    let state = check::at_start(&connection)?;
    continues(&connection, &state, acknowledged.head)?;
    let state = take_over(&connection, state)?;
    Ok((connection, state))
}

/// Whether the audit log was at `earlier` once.
fn continues(connection: &Connection, state: &State, earlier: Head) -> Result<(), StoreError> {
    let error = match check::head_at(connection, state, earlier.sequence)? {
        Some(found) if found == earlier => return Ok(()),
        Some(_) => ChainError::Changed { sequence: earlier.sequence },
        None => ChainError::Length { expected: earlier.sequence, found: state.head.sequence },
    };
    Err(Damage::Audit(error).into())
}

/// Makes sure that what was read is on the disk, and that the disk takes a transaction.
pub(super) fn take_over(connection: &Connection, mut state: State) -> Result<State, StoreError> {
    // After a failed flush the log of the database may be in the system's memory alone. A checkpoint writes it into
    // the database file again and flushes that.
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        return Err(StoreError::Unavailable(Unavailable::Recovering));
    }
    state.openings += 1;
    Transaction::begin(connection, state)?.commit()
}
