//! Is what is kept what was written?
//!
//! [`at_start`] looks at what must be right before anything is issued, in time that does not grow with the number of
//! certificates; [`whole`] looks at everything.

use authority::{SerialNumber, Timestamp};
use rusqlite::{Connection, OptionalExtension, Statement};

use super::{
    consumed, decisions, modules, recalls, revocations,
    state::{SetSum, State},
};
use crate::{
    audit::{ChainError, Digest, Entry, Head, Link, Operation, Outcome, Verifier},
    store::{
        RecallRecord, Report,
        certificate::{CertificateRecord, StoredCertificate},
        error::{Damage, StoreError},
    },
};

/// The state, every spent credential, the end of the audit log and the last certificate.
pub(super) fn at_start(connection: &Connection) -> Result<State, StoreError> {
    let state = State::read(connection)?;
    spent(connection, &state)?;
    revocations::check(connection, &state.revocations, |_| Ok(()))?;
    recalls::check(connection, |_| Ok(()))?;
    audit_tail(connection, &state)?;
    last_certificate(connection, &state)?;
    Ok(state)
}

/// The hash of a line that was written before.
pub(super) fn head_at(connection: &Connection, state: &State, sequence: u64) -> Result<Option<Head>, StoreError> {
    if sequence == 0 {
        return Ok(Some(Head::genesis(&state.log)));
    }
    let mut statement = connection.prepare_cached("SELECT hash FROM audit WHERE sequence = ?1")?;
    let hash = statement.query_row([sequence.cast_signed()], |row| row.get(0)).optional()?;
    Ok(hash.map(|hash| Head { sequence, hash: Digest::from_bytes(hash) }))
}

/// Everything, against each other. Run it in a transaction, so that nothing moves meanwhile.
pub(super) fn whole(connection: &Connection) -> Result<Report, StoreError> {
    structure(connection)?;
    let state = State::read(connection)?;
    spent(connection, &state)?;
    let Decided { issued, revoked, recalled } = audit(connection, Head::genesis(&state.log), &state)?;
    let certificates = certificates(connection, &state)?;
    if issued != certificates {
        return Err(Damage::Certificate { number: state.certificates }.into());
    }
    if revoked != state.revocations.revoked.rows.unsigned_abs() {
        return Err(Damage::Revocations.into());
    }
    let revoked = audited_revocations(connection, &state)?;
    if recalled != audited_recalls(connection)? {
        return Err(Damage::Recalls.into());
    }
    data(connection)?;
    consumed::check(connection)?;
    decisions::check(connection)?;
    modules::check(connection)?;
    Ok(Report { certificates, revoked, spent: state.spent.rows.unsigned_abs(), head: state.head })
}

/// SQLite's own check: pages, cells, order, indexes against tables.
fn structure(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(Damage::Database(verdict).into()),
    }
}

fn spent(connection: &Connection, state: &State) -> Result<(), StoreError> {
    let mut found = SetSum::default();
    let mut statement = connection.prepare("SELECT credential, expires FROM spent NOT INDEXED")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        found.add(&Digest::from_bytes(row.get(0)?), Timestamp::from_unix(row.get(1)?));
    }
    if found != state.spent { Err(Damage::Spent.into()) } else { Ok(()) }
}

/// As many lines as are read in a moment.
const TAIL: u64 = 1_000;

fn audit_tail(connection: &Connection, state: &State) -> Result<(), StoreError> {
    let first = state.head.sequence.saturating_sub(TAIL);
    let length = |found: Option<Head>| found.map_or(0, |head| head.sequence);
    match head_at(connection, state, first)? {
        Some(head) => audit(connection, head, state).map(drop),
        found => {
            let error = ChainError::Length { expected: state.head.sequence, found: length(found) };
            Err(Damage::Audit(error).into())
        }
    }
}

/// The audit log from its first line to its end. Run it in a transaction, so that nothing moves meanwhile.
pub(super) fn log(connection: &Connection) -> Result<State, StoreError> {
    let state = State::read(connection)?;
    audit(connection, Head::genesis(&state.log), &state)?;
    Ok(state)
}

/// How many lines tell of a certificate that was issued or revoked.
#[derive(Default)]
struct Decided {
    issued: u64,
    revoked: u64,
    recalled: u64,
}

/// Follows the chain from `from` to its end, and counts what was decided.
fn audit(connection: &Connection, from: Head, state: &State) -> Result<Decided, StoreError> {
    let mut verifier = Verifier::after(from);
    let mut decided = Decided::default();
    let mut statement =
        connection.prepare("SELECT sequence, line, hash FROM audit WHERE sequence > ?1 ORDER BY sequence")?;
    let mut rows = statement.query([from.sequence.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let link = Link {
            sequence: row.get::<_, i64>(0)?.cast_unsigned(),
            line: row.get(1)?,
            hash: Digest::from_bytes(row.get(2)?),
        };
        verifier.push(&link).map_err(Damage::Audit)?;
        let entry = entry_of(&link)?;
        decided.issued += u64::from(issued_by(&entry).is_some());
        decided.revoked += u64::from(revoked_by(&entry).is_some());
        decided.recalled += u64::from(recalled_by(&entry).is_some());
    }
    verifier.finish(state.head).map_err(Damage::Audit)?;
    Ok(decided)
}

fn entry_of(link: &Link) -> Result<Entry, StoreError> {
    match Entry::parse(&link.line) {
        Ok((sequence, entry)) if sequence == link.sequence => Ok(entry),
        _ => Err(Damage::Audit(ChainError::Changed { sequence: link.sequence }).into()),
    }
}

/// The fingerprint in the line of an issuance.
fn issued_by(entry: &Entry) -> Option<Digest> {
    entry.fingerprint.filter(|_| entry.outcome == Outcome::Issued)
}

/// The serial number in the line of a revocation.
fn revoked_by(entry: &Entry) -> Option<SerialNumber> {
    entry.serial_number.filter(|_| entry.outcome == Outcome::Revoked)
}

/// The module in the line of a recall, and whether it is barred from then on.
fn recalled_by(entry: &Entry) -> Option<(Digest, bool)> {
    let is_barred = match entry.operation {
        Operation::Recall => true,
        Operation::Reinstate => false,
        _ => return None,
    };
    let module = entry.modules.first().filter(|_| entry.outcome == Outcome::Accepted)?;
    Some((module.sha256, is_barred))
}

/// Reads every recall, and finds each in the audit log. How many there are.
fn audited_recalls(connection: &Connection) -> Result<u64, StoreError> {
    let mut audited = Audited::prepare(connection)?;
    recalls::check(connection, |stored| {
        let RecallRecord { module, is_barred, .. } = stored.recall;
        let entry = audited.entry(stored.sequence)?;
        match entry.as_ref().and_then(recalled_by) == Some((module, is_barred)) {
            true => Ok(()),
            false => Err(Damage::Recalls.into()),
        }
    })
}

/// Reads every revocation, and finds each in the audit log. How many certificates are revoked.
fn audited_revocations(connection: &Connection, state: &State) -> Result<u64, StoreError> {
    let mut audited = Audited::prepare(connection)?;
    revocations::check(connection, &state.revocations, |stored| {
        let entry = audited.entry(stored.sequence)?;
        if entry.as_ref().and_then(revoked_by) == Some(stored.revocation.serial_number) {
            Ok(())
        } else {
            Err(Damage::Revocations.into())
        }
    })
}

/// Finds lines of the audit log.
struct Audited<'c>(Statement<'c>);

impl<'c> Audited<'c> {
    fn prepare(connection: &'c Connection) -> Result<Self, StoreError> {
        Ok(Self(connection.prepare("SELECT line, hash FROM audit WHERE sequence = ?1")?))
    }

    fn entry(&mut self, sequence: i64) -> Result<Option<Entry>, StoreError> {
        let link = self.0.query_row([sequence], |row| {
            Ok(Link { sequence: sequence.cast_unsigned(), line: row.get(0)?, hash: Digest::from_bytes(row.get(1)?) })
        });
        link.optional()?.map(|link| entry_of(&link)).transpose()
    }
}

fn last_certificate(connection: &Connection, state: &State) -> Result<(), StoreError> {
    let sql = format!("{} ORDER BY number DESC LIMIT 1", CertificateRecord::SELECT);
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let last = rows.next()?.map(CertificateRecord::from_row).transpose()?;
    let number = last.map_or(0, |last| last.number);
    if number != state.certificates { Err(Damage::Certificate { number: state.certificates }.into()) } else { Ok(()) }
}

/// Reads every certificate, and finds each in the audit log.
fn certificates(connection: &Connection, state: &State) -> Result<u64, StoreError> {
    let mut audited = Audited::prepare(connection)?;
    let sql = format!("{} ORDER BY number", CertificateRecord::SELECT);
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let StoredCertificate { fingerprint, number, sequence, .. } = CertificateRecord::from_row(row)?;
        count += 1;
        let damaged = || StoreError::Damaged(Damage::Certificate { number });
        let entry = audited.entry(sequence)?.ok_or_else(damaged)?;
        if number != count || issued_by(&entry) != Some(fingerprint) {
            return Err(damaged());
        }
    }
    if count != state.certificates {
        return Err(Damage::Certificate { number: count.min(state.certificates) + 1 }.into());
    }
    Ok(count.unsigned_abs())
}

fn data(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT provisioner, key, value, checksum FROM provisioner_data")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        super::data::from_row(row)?;
    }
    Ok(())
}
