//! The audit log, read by another program than the one that writes it.

use std::io;

use rusqlite::{Connection, Row};

use super::{check, reader::Reader, state::State};
use crate::{
    audit::{Digest, Head, Link},
    store::{MaintenanceError, StoreError},
};

impl Reader {
    /// Follows the audit log from its first line to its end: its identifier, and the end.
    ///
    /// # Errors
    /// The store cannot be read, or a line is not what was written.
    pub fn verify_log(&self) -> Result<([u8; 16], Head), MaintenanceError> {
        self.look(|connection| check::log(connection).map(|state| (state.log, state.head)))
    }

    /// The identifier of the audit log, and the line with this number; 0 stands for what comes before the first.
    ///
    /// # Errors
    /// The store cannot be read, or its state is not what was written.
    pub fn line(&self, sequence: u64) -> Result<([u8; 16], Option<Head>), MaintenanceError> {
        self.look(|connection| {
            let state = State::read(connection)?;
            Ok((state.log, check::head_at(connection, &state, sequence)?))
        })
    }

    /// Tells every line after this one to `see`, in order, until that says no.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn lines(
        &self,
        after: u64,
        mut see: impl FnMut(&Link) -> io::Result<()>,
    ) -> Result<io::Result<()>, MaintenanceError> {
        self.look(|connection| each(connection, after, &mut see))
    }
}

fn each(
    connection: &Connection,
    after: u64,
    see: &mut dyn FnMut(&Link) -> io::Result<()>,
) -> Result<io::Result<()>, StoreError> {
    let mut statement = connection.prepare(AFTER)?;
    let mut rows = statement.query([after.cast_signed()])?;
    while let Some(row) = rows.next()? {
        if let Err(error) = see(&link(row)?) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// Lines after one, in order.
pub(super) const AFTER: &str = "SELECT sequence, line, hash FROM audit WHERE sequence > ?1 ORDER BY sequence";

/// Reads a row of [`AFTER`].
pub(super) fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let sequence: i64 = row.get(0)?;
    Ok(Link { sequence: sequence.cast_unsigned(), line: row.get(1)?, hash: Digest::from_bytes(row.get(2)?) })
}
