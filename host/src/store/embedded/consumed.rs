//! How much each policy has consumed that is not expired. Whether something was used before is not known here.

use authority::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::{
    Consumption,
    error::{Damage, StoreError},
};

/// Counts one more, unless there are as many as there may be; false then. What has expired makes room first.
pub(super) fn count(connection: &Connection, consumption: &Consumption) -> Result<bool, StoreError> {
    let Consumption { once, space, most, now } = consumption;
    free(connection, space, *now)?;
    if keys(connection, space)? >= *most {
        return Ok(false);
    }
    connection
        .prepare_cached("INSERT INTO consumed (space, expires, credential) VALUES (?1, ?2, ?3)")?
        .execute(params![space, once.expires.as_unix(), once.id.as_bytes()])?;
    connection
        .prepare_cached(
            "INSERT INTO consumed_counts (space, keys) VALUES (?1, 1) ON CONFLICT (space) DO UPDATE SET keys = keys + 1",
        )?
        .execute([space])?;
    Ok(true)
}

/// Drops what has expired of policies that may not consume anything any more.
pub(super) fn free_all(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("SELECT space FROM consumed_counts")?;
    let spaces: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    spaces.iter().try_for_each(|space| free(connection, space, now))
}

/// The numbers are those of the rows.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    const DIFFER: &str = "SELECT EXISTS (SELECT 1 FROM consumed_counts AS counts WHERE keys <> \
         (SELECT count(*) FROM consumed WHERE consumed.space = counts.space)) \
         OR EXISTS (SELECT 1 FROM consumed WHERE space NOT IN (SELECT space FROM consumed_counts))";
    let differ: bool = connection.query_row(DIFFER, [], |row| row.get(0))?;
    if differ { Err(Damage::Consumed.into()) } else { Ok(()) }
}

fn keys(connection: &Connection, space: &str) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT keys FROM consumed_counts WHERE space = ?1")?;
    let keys: Option<i64> = statement.query_row([space], |row| row.get(0)).optional()?;
    keys.unwrap_or_default().try_into().map_err(|_| Damage::Consumed.into())
}

/// Drops what has expired, the oldest first. If there is any, then there is room afterwards.
fn free(connection: &Connection, space: &str, now: Timestamp) -> Result<(), StoreError> {
    let freed = connection
        .prepare_cached(
            "DELETE FROM consumed WHERE space = ?1 AND (expires, credential) IN \
             (SELECT expires, credential FROM consumed WHERE space = ?1 AND expires < ?2 ORDER BY expires LIMIT ?3)",
        )?
        .execute(params![space, now.as_unix(), FREED])?;
    if freed > 0 {
        let freed = i64::try_from(freed).unwrap_or(i64::MAX);
        connection
            .prepare_cached("UPDATE consumed_counts SET keys = keys - ?2 WHERE space = ?1")?
            .execute(params![space, freed])?;
    }
    Ok(())
}

// One that frees more would keep issuances waiting.
const FREED: i64 = 1_000;
