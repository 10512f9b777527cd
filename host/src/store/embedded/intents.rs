//! Certificates that a signer elsewhere was about to be asked for.

use authority::{SerialNumber, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::{
    limits,
    store::{
        Intent,
        error::{Damage, StoreError},
    },
};

/// Keeps one; false when the serial number is taken.
pub(super) fn keep(connection: &Connection, intent: &Intent) -> Result<bool, StoreError> {
    // There are a few, unless the signer has begun to lose what it signs.
    const COUNT: &str = "SELECT count(*) FROM (SELECT 1 FROM intents LIMIT ?1)";
    let count: i64 = connection.prepare_cached(COUNT)?.query_row([limits::INTENTS], |row| row.get(0))?;
    if count >= limits::INTENTS {
        return Err(StoreError::TooManyIntents);
    }
    let names = serde_json::to_string(&intent.names).expect("text has a JSON form");
    let mut insert = connection.prepare_cached(
        "INSERT INTO intents (serial_number, names, provisioner, time) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?;
    let values = params![intent.serial_number.as_bytes(), names, intent.provisioner, intent.time.as_unix()];
    Ok(insert.execute(values)? == 1)
}

/// What became of it is known; false when there is none.
pub(super) fn settle(connection: &Connection, serial_number: &SerialNumber) -> Result<bool, StoreError> {
    let mut delete = connection.prepare_cached("DELETE FROM intents WHERE serial_number = ?1")?;
    Ok(delete.execute([serial_number.as_bytes()])? == 1)
}

/// All of them, the oldest first.
pub(super) fn unclaimed(connection: &Connection) -> Result<Vec<Intent>, StoreError> {
    let mut select = connection
        .prepare("SELECT serial_number, names, provisioner, time FROM intents ORDER BY time, serial_number")?;
    let mut rows = select.query([])?;
    let mut unclaimed = Vec::new();
    while let Some(row) = rows.next()? {
        unclaimed.push(from_row(row)?);
    }
    Ok(unclaimed)
}

fn from_row(row: &Row<'_>) -> Result<Intent, StoreError> {
    let (serial_number, names): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
    let damaged = || Damage::Database("a row of intents cannot be read".to_owned());
    Ok(Intent {
        serial_number: SerialNumber::from_bytes(&serial_number).map_err(|_| damaged())?,
        names: serde_json::from_str(&names).map_err(|_| damaged())?,
        provisioner: row.get(2)?,
        time: Timestamp::from_unix(row.get(3)?),
    })
}
