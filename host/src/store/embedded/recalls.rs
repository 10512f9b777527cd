//! Modules that were recalled, and what they bar.

use authority::SerialNumber;
use rusqlite::Connection;

use super::descent::Descent;
use crate::{
    audit::Digest,
    limits,
    store::{
        RecallRecord,
        error::{Damage, StoreError},
        recall::StoredRecall,
    },
};

/// Keeps a recall under the next number; false when it is like that already. There is always room to end one, of which
/// there are no more than there are recalls.
pub(super) fn keep(connection: &Connection, recall: &RecallRecord, sequence: u64) -> Result<bool, StoreError> {
    if last(connection, &recall.module)?.is_some_and(|last| last.is_barred) == recall.is_barred {
        return Ok(false);
    }
    const COUNT: &str = "SELECT count(*), count(*) FILTER (WHERE is_barred) FROM recalls";
    let (count, barring): (i64, i64) = connection.query_row(COUNT, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if recall.is_barred && barring.unsigned_abs() >= limits::RECALLS {
        return Err(StoreError::TooManyRecalls);
    }
    recall.insert(&mut connection.prepare_cached(RecallRecord::INSERT)?, count + 1, sequence.cast_signed())?;
    Ok(true)
}

/// What was done last about a module.
pub(super) fn last(connection: &Connection, module: &Digest) -> Result<Option<RecallRecord>, StoreError> {
    let sql = format!("{} WHERE module = ?1 ORDER BY number DESC LIMIT 1", RecallRecord::SELECT);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([module.as_bytes()])?;
    let found = rows.next()?.map(RecallRecord::from_row).transpose()?;
    Ok(found.map(|StoredRecall { recall, .. }| recall))
}

/// The recall for which a certificate is not renewed: of a module that had a say in it, or in one that it has replaced.
/// `before` is a line of the audit log; what came later does not count. [`StoreError::TooManyRenewals`] when it goes back
/// too far to be found out.
pub(super) fn bar(
    connection: &Connection,
    serial_number: &SerialNumber,
    before: u64,
) -> Result<Option<RecallRecord>, StoreError> {
    let barred = in_force(connection, before)?;
    if barred.is_empty() {
        return Ok(None);
    }
    let modules: Vec<Digest> = barred.iter().map(|recall| recall.module).collect();
    let found = Descent::of(connection, &modules).within(limits::DESCENT).find(serial_number)?;
    Ok(found.and_then(|module| barred.into_iter().find(|recall| recall.module == module)))
}

/// Of each module that is recalled, the recall.
fn in_force(connection: &Connection, before: u64) -> Result<Vec<RecallRecord>, StoreError> {
    let sql = format!("{} WHERE sequence < ?1 ORDER BY number", RecallRecord::SELECT);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([i64::try_from(before).unwrap_or(i64::MAX)])?;
    let mut barred: Vec<RecallRecord> = Vec::new();
    while let Some(row) = rows.next()? {
        let StoredRecall { recall, .. } = RecallRecord::from_row(row)?;
        barred.retain(|earlier| earlier.module != recall.module);
        if recall.is_barred {
            barred.push(recall);
        }
    }
    Ok(barred)
}

/// Reads every recall; tells each to `see`. How many there are.
pub(super) fn check(
    connection: &Connection,
    mut see: impl FnMut(&StoredRecall) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    let sql = format!("{} ORDER BY number", RecallRecord::SELECT);
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let stored = RecallRecord::from_row(row)?;
        count += 1;
        if stored.number.unsigned_abs() != count {
            return Err(Damage::Recalls.into());
        }
        see(&stored)?;
    }
    Ok(count)
}
