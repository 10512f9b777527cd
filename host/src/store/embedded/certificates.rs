//! Lists of certificates.
//!
//! There is no index for any of the conditions: each would cost every issuance a page at a random place, for questions
//! that are asked now and then. The table is read in the order of its numbers instead, newest first, and at most
//! [`limits::LIST_SCAN`] rows a page, so that a page takes a bounded time in a store of any size.

use authority::{SerialNumber, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{descent::Descent, revocations};
use crate::{
    audit::{Digest, Entry},
    limits,
    store::{
        CertificatePage, CertificateQuery, Dossier, NameCondition, Page, Standing,
        certificate::{CertificateRecord, StoredCertificate},
        error::{Damage, StoreError},
    },
};

/// The conditions, each of which holds when its parameter is NULL. Columns are compared before JSON is read.
const CONDITIONS: &str = "number < :before AND number >= :oldest \
     AND (:serial IS NULL OR serial_number = :serial) \
     AND (:provisioner IS NULL OR provisioner = :provisioner) \
     AND (:ends_before IS NULL OR not_after < :ends_before) \
     AND (:ends_after IS NULL OR not_after > :ends_after) \
     AND (:expired_at IS NULL OR not_after < :expired_at) \
     AND (:live_at IS NULL OR not_after >= :live_at) \
     AND (:module IS NULL OR instr(policies, :module) > 0) \
     AND (:is_revoked IS NULL OR :is_revoked = EXISTS \
          (SELECT 1 FROM revocations WHERE revocations.serial_number = certificates.serial_number)) \
     AND (:part IS NULL OR instr(lower(subject), :part) > 0 \
          OR EXISTS (SELECT 1 FROM json_each(names) WHERE instr(lower(value), :part) > 0)) \
     AND (:whole IS NULL OR lower(subject) = :whole \
          OR EXISTS (SELECT 1 FROM json_each(names) WHERE lower(value) = :whole)) \
     AND ((:issued_before IS NULL AND :issued_since IS NULL) OR EXISTS \
          (SELECT 1 FROM audit WHERE audit.sequence = certificates.sequence \
           AND (:issued_before IS NULL OR json_extract(line, '$.time') < :issued_before) \
           AND (:issued_since IS NULL OR json_extract(line, '$.time') >= :issued_since)))";

/// One page. Run it in a transaction, so that nothing moves meanwhile.
pub(super) fn list(
    connection: &Connection,
    query: &CertificateQuery,
    page: Page,
) -> Result<CertificatePage, StoreError> {
    if let Some(serial_number) = &query.serial_number {
        return the_one(connection, query, serial_number);
    }
    let newest: Option<i64> = connection.query_row("SELECT max(number) FROM certificates", [], |row| row.get(0))?;
    let above = newest.unwrap_or_default().saturating_add(1);
    let before = page.before.and_then(|before| i64::try_from(before).ok()).map_or(above, |before| before.min(above));
    let oldest = before.saturating_sub(limits::LIST_SCAN).max(1);
    let limit = page.limit.clamp(1, limits::LISTED);
    let Matching { certificates, cut_at } = matching(connection, query, before, oldest, limit)?;
    let next = cut_at.unwrap_or(oldest);
    // Numbers begin with 1.
    Ok(CertificatePage { certificates, next: (next > 1 && before > 1).then_some(next.unsigned_abs()) })
}

/// A page of the one certificate that can be meant, found by the index of its serial number.
fn the_one(
    connection: &Connection,
    query: &CertificateQuery,
    serial_number: &SerialNumber,
) -> Result<CertificatePage, StoreError> {
    let mut statement = connection.prepare_cached("SELECT number FROM certificates WHERE serial_number = ?1")?;
    let number: Option<i64> = statement.query_row([serial_number.as_bytes()], |row| row.get(0)).optional()?;
    let certificates = match number {
        Some(number) => matching(connection, query, number.saturating_add(1), number, 1)?.certificates,
        None => Vec::new(),
    };
    Ok(CertificatePage { certificates, next: None })
}

/// What a stretch of the table has.
struct Matching {
    certificates: Vec<Dossier>,
    /// Number of the last, when the page is full and the rest of the stretch was not looked at.
    cut_at: Option<i64>,
}

/// Those with a number from `oldest` to below `before` for which all conditions hold, until the page is full.
fn matching(
    connection: &Connection,
    query: &CertificateQuery,
    before: i64,
    oldest: i64,
    limit: usize,
) -> Result<Matching, StoreError> {
    let (part, whole) = match &query.name {
        Some(NameCondition::Contains(part)) => (Some(part.to_ascii_lowercase()), None),
        Some(NameCondition::Is(whole)) => (None, Some(whole.to_ascii_lowercase())),
        None => (None, None),
    };
    let (is_revoked, live_at, expired_at) = match query.standing {
        Some(Standing::Expired { now }) => (None, None, Some(now)),
        Some(Standing::Live { now }) => (Some(false), Some(now), None),
        Some(Standing::Revoked) => (Some(true), None, None),
        None => (None, None, None),
    };
    let module = query.module.as_ref().map(in_policies);
    let seconds = |time: Option<Timestamp>| time.map(Timestamp::as_unix);
    // Times stand in the log in one form, of which the order is that of time.
    let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let sql = format!("{} WHERE {CONDITIONS} ORDER BY number DESC", CertificateRecord::SELECT);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! {
        ":before": before,
        ":oldest": oldest,
        ":serial": query.serial_number.as_ref().map(|serial_number| serial_number.as_bytes()),
        ":provisioner": query.provisioner,
        ":ends_before": seconds(query.expires_before),
        ":ends_after": seconds(query.expires_after),
        ":expired_at": seconds(expired_at),
        ":live_at": seconds(live_at),
        ":module": module,
        ":is_revoked": is_revoked,
        ":part": part,
        ":whole": whole,
        ":issued_before": text(query.issued_before),
        ":issued_since": text(query.issued_since),
    })?;
    let mut descent = query.descended_from.as_ref().map(|module| Descent::of(connection, &[*module]));
    let (mut certificates, mut octets, mut looks) = (Vec::new(), 0, 0);
    while let Some(row) = rows.next()? {
        let (number, dossier) = dossier(connection, row)?;
        let mut is_meant = true;
        if let Some(descent) = &mut descent {
            is_meant = descent.find(&dossier.certificate.serial_number)?.is_some();
            looks = descent.looks();
        }
        if is_meant {
            octets += dossier.certificate.der.len();
            certificates.push(dossier);
        }
        if certificates.len() == limit || octets >= limits::LISTED_OCTETS || looks >= LOOKS {
            return Ok(Matching { certificates, cut_at: Some(number) });
        }
    }
    Ok(Matching { certificates, cut_at: None })
}

/// Records that are looked at for certificates that others go back to, until a page is cut.
const LOOKS: u64 = limits::LIST_SCAN.unsigned_abs();

/// How a module stands in the column `policies`: as hexadecimal, with which nothing else can be confused.
pub(super) fn in_policies(module: &Digest) -> String {
    format!("\"sha256\":\"{module}\"")
}

/// The certificate of a row with what other tables know of it.
fn dossier(connection: &Connection, row: &Row<'_>) -> Result<(i64, Dossier), StoreError> {
    let StoredCertificate { certificate, number, sequence, .. } = CertificateRecord::from_row(row)?;
    let mut statement = connection.prepare_cached("SELECT line FROM audit WHERE sequence = ?1")?;
    let line: Option<String> = statement.query_row([sequence], |row| row.get(0)).optional()?;
    let decision = line.and_then(|line| Entry::parse(&line).ok()).map(|(_, entry)| entry);
    let decision = decision.filter(|entry| entry.serial_number == Some(certificate.serial_number));
    let decision = decision.ok_or(StoreError::Damaged(Damage::Certificate { number }))?;
    let revocation = revocations::find(connection, &certificate.serial_number)?;
    Ok((number, Dossier { certificate, decision, revocation }))
}
