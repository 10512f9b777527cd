//! Connections that only read, each used by one thread at a time.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rusqlite::Connection;

use super::connection;
use crate::store::error::StoreError;

/// Connections that wait for work.
pub(super) struct Readers {
    path: PathBuf,
    connect: fn(&Path) -> Result<Connection, StoreError>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, connect: connection::reader, idle: Mutex::default() }
    }

    /// Of a file that nobody can write.
    pub(super) fn of_read_only(path: PathBuf) -> Self {
        Self { path, connect: connection::reader_of_read_only, idle: Mutex::default() }
    }

    /// Reads what has been committed before now. Blocks for the disk.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => (self.connect)(&self.path)?,
        };
        let answer = read(&connection)?;
        let mut idle = self.idle();
        // A connection that has failed is not kept, and neither are those of a rush.
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(answer)
    }

    /// Closes what is idle.
    pub(super) fn forget(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // Guards a list that is whole after every statement.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const IDLE: usize = 8;
