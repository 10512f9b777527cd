//! What provisioners' modules keep.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    audit::Digest,
    store::{
        Condition, DataChange,
        error::{Damage, StoreError},
    },
};

/// The value of a key.
pub(super) fn value(connection: &Connection, provisioner: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT provisioner, key, value, checksum FROM provisioner_data WHERE provisioner = ?1 AND key = ?2",
    )?;
    let mut rows = statement.query([provisioner, key])?;
    rows.next()?.map(from_row).transpose()
}

/// Octets of all keys and values.
pub(super) fn size(connection: &Connection, provisioner: &str) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0) FROM provisioner_data \
         WHERE provisioner = ?1",
    )?;
    let size = statement.query_row([provisioner], |row| row.get::<_, i64>(0)).optional()?;
    Ok(size.unwrap_or_default().unsigned_abs())
}

/// Changes a value if its condition holds, and tells whether it did.
pub(super) fn change(connection: &Connection, change: &DataChange) -> Result<bool, StoreError> {
    let DataChange { provisioner, key, when, value: new } = change;
    if let Condition::Is(expected) = when
        && value(connection, provisioner, key)? != *expected
    {
        return Ok(false);
    }
    match new {
        Some(new) => {
            let checksum = checksum(provisioner, key, new);
            connection
                .prepare_cached(
                    "INSERT INTO provisioner_data (provisioner, key, value, checksum) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (provisioner, key) DO UPDATE SET value = ?3, checksum = ?4",
                )?
                .execute(params![provisioner, key, new, checksum.as_bytes()])?;
        }
        None => {
            connection
                .prepare_cached("DELETE FROM provisioner_data WHERE provisioner = ?1 AND key = ?2")?
                .execute([provisioner, key])?;
        }
    }
    Ok(true)
}

/// Reads a row of provisioner, key, value and checksum.
pub(super) fn from_row(row: &Row<'_>) -> Result<Vec<u8>, StoreError> {
    let (provisioner, key, value): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    if Digest::from_bytes(row.get(3)?) != checksum(&provisioner, &key, &value) {
        return Err(Damage::Data { provisioner }.into());
    }
    Ok(value)
}

fn checksum(provisioner: &str, key: &str, value: &[u8]) -> Digest {
    Digest::of_fields(&[provisioner.as_bytes(), key.as_bytes(), value])
}
