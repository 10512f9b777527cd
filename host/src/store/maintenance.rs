//! What an operator does with a store: look at it, copy it, put a copy back, make it small.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::{
    Report,
    error::{OpenError, StoreError},
};

/// A copy that was made and found sound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Copied {
    /// What is in it.
    pub report: Report,
    /// How large it is.
    pub octets: u64,
}

/// A copy that was put in the place of the store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Restored {
    /// What is in it.
    pub report: Report,
    /// Whether it is older than what was seen of the store last: tokens from before the next start are refused then.
    pub is_set_back: bool,
    /// Where what was there before is now; nothing when nothing was.
    pub aside: Option<PathBuf>,
}

/// A store without unused pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Compacted {
    /// What is in it.
    pub report: Report,
    /// How many certificates were forgotten for their age; their records stay.
    pub forgotten: u64,
    /// How large its file was.
    pub octets_before: u64,
    /// How large it is.
    pub octets_after: u64,
}

/// Why the work was not done. What was there before is there still.
#[derive(Debug, Error)]
pub enum MaintenanceError {
    /// Somebody reads the store.
    #[error("{} is being read by another program; try again when that has ended", path.display())]
    BeingRead {
        /// The store.
        path: PathBuf,
    },
    /// There is a file already.
    #[error("{} exists already; remove it, or name another file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
    /// There is no store.
    #[error("there is no store at {}", path.display())]
    NoStore {
        /// Where it should be.
        path: PathBuf,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy is of another CA's store.
    #[error(
        "{} is a copy of another store than the one that {} tells of; remove that file if this is the one to serve",
        path.display(),
        head.display()
    )]
    OtherStore {
        /// The copy.
        path: PathBuf,
        /// Remembers the store.
        head: PathBuf,
    },
    /// Its folder cannot be written.
    #[error("{} cannot be written", path.display())]
    ReadOnly {
        /// The store.
        path: PathBuf,
    },
    /// The database said no.
    #[error("{}: {source}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: StoreError,
    },
}
