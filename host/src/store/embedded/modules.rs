//! Policy modules, kept for whoever makes decisions again after they were replaced.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::reader::Reader;
use crate::{
    audit::Digest,
    limits,
    store::{
        MaintenanceError, ModuleRecord,
        error::{Damage, StoreError},
    },
};

/// Keeps what a configuration is served with from here on; whatever else there is is retired at this line of the audit
/// log. Tells how many were not kept before.
pub(super) fn remember(
    connection: &Connection,
    configuration: &Digest,
    modules: &[ModuleRecord],
    line: u64,
) -> Result<u64, StoreError> {
    const RETIRE: &str = "UPDATE modules SET retired = ?1 WHERE retired IS NULL";
    connection.prepare_cached(RETIRE)?.execute([line.cast_signed()])?;
    let mut kept = 0;
    for ModuleRecord { name, digest, component } in modules {
        const USE: &str = "INSERT OR REPLACE INTO module_uses (configuration, name, module) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(USE)?.execute(params![configuration.as_bytes(), name, digest.as_bytes()])?;
        const AGAIN: &str = "UPDATE modules SET retired = NULL WHERE digest = ?1";
        if connection.prepare_cached(AGAIN)?.execute([digest.as_bytes()])? == 0 {
            const KEEP: &str = "INSERT INTO modules (digest, component) VALUES (?1, ?2)";
            connection.prepare_cached(KEEP)?.execute(params![digest.as_bytes(), &**component])?;
            kept += 1;
        }
    }
    make_room(connection)?;
    forget_uses(connection)?;
    Ok(kept)
}

/// Of more than [`limits::KEPT_MODULES`] octets those go that were retired first. Those in use stay.
fn make_room(connection: &Connection) -> Result<(), StoreError> {
    loop {
        let octets: i64 =
            connection.query_row("SELECT coalesce(sum(length(component)), 0) FROM modules", [], |row| row.get(0))?;
        if octets <= limits::KEPT_MODULES {
            return Ok(());
        }
        let first = "DELETE FROM modules WHERE number = (SELECT number FROM modules WHERE retired IS NOT NULL \
             ORDER BY retired, number LIMIT 1)";
        if connection.execute(first, [])? == 0 {
            return Ok(());
        }
    }
}

/// Forgets those that no decision that is kept was made with. How many.
pub(super) fn forget(connection: &Connection) -> Result<u64, StoreError> {
    const OLDEST: &str = "SELECT sequence FROM decisions ORDER BY sequence LIMIT 1";
    let oldest: Option<i64> = connection.prepare_cached(OLDEST)?.query_row([], |row| row.get(0)).optional()?;
    let until = oldest.map_or(i64::MAX, |oldest| oldest.saturating_sub(UNDER_WAY));
    let mut statement = connection.prepare_cached("DELETE FROM modules WHERE retired < ?1")?;
    let forgotten = statement.execute([until])? as u64;
    if forgotten > 0 {
        forget_uses(connection)?;
    }
    Ok(forgotten)
}

/// Requests that were taken up before a module was retired are decided with it: so many lines at most.
const UNDER_WAY: i64 = 10_000;

fn forget_uses(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM module_uses WHERE module NOT IN (SELECT digest FROM modules)", [])?;
    Ok(())
}

/// Reads every module and compares it with its digest.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT digest, component FROM modules")?;
    let mut rows = statement.query([])?;
    let mut kept = HashSet::new();
    while let Some(row) = rows.next()? {
        let (digest, component): (_, Vec<u8>) = (Digest::from_bytes(row.get(0)?), row.get(1)?);
        is_itself(&digest, &component)?;
        kept.insert(digest);
    }
    let mut statement = connection.prepare("SELECT module FROM module_uses")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let digest = Digest::from_bytes(row.get(0)?);
        if !kept.contains(&digest) {
            return Err(Damage::Module { digest }.into());
        }
    }
    Ok(())
}

fn is_itself(digest: &Digest, component: &[u8]) -> Result<(), StoreError> {
    match Digest::of(&[component]) == *digest {
        true => Ok(()),
        false => Err(Damage::Module { digest: *digest }.into()),
    }
}

impl Reader {
    /// A policy module that decisions were made with, if it is kept.
    ///
    /// # Errors
    /// The store cannot be read, or the module is not what was written.
    pub fn module(&self, digest: &Digest) -> Result<Option<Vec<u8>>, MaintenanceError> {
        self.look(|connection| {
            let mut statement = connection.prepare_cached("SELECT component FROM modules WHERE digest = ?1")?;
            let component: Option<Vec<u8>> = statement.query_row([digest.as_bytes()], |row| row.get(0)).optional()?;
            component.as_ref().map_or(Ok(()), |component| is_itself(digest, component))?;
            Ok(component)
        })
    }

    /// Name and SHA-256 of each module that a configuration was served with last.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn modules_of(&self, configuration: &Digest) -> Result<Vec<(String, Digest)>, MaintenanceError> {
        self.look(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT name, module FROM module_uses WHERE configuration = ?1")?;
            let mut rows = statement.query([configuration.as_bytes()])?;
            let mut modules = Vec::new();
            while let Some(row) = rows.next()? {
                modules.push((row.get(0)?, Digest::from_bytes(row.get(1)?)));
            }
            Ok(modules)
        })
    }
}
