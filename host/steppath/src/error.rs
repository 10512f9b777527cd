//! What can be wrong with files and with their making.

use std::{io, path::PathBuf};

use authority::{keys::PrivateKeyError, pki::PkiError};
use jose::JoseError;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },

    /// It would have been overwritten.
    #[error("{} exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },

    /// A path without a file name.
    #[error("{} does not name a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },

    /// A secret is open to others. One command mends it.
    #[error("{path} can be read or written by others (mode {mode:04o}); run: chmod {wanted} {path}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What `chmod` is to be told.
        wanted: &'static str,
    },

    /// A secret belongs to somebody else, who could replace it. One command mends it.
    #[error("{path} belongs to user {owner}; run: chown {user} {path}", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who runs this program.
        user: u32,
    },

    /// Larger than a secret can be.
    #[error("{} has more than {limit} octets", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most it may have.
        limit: u64,
    },

    /// Random octets for the name of a temporary file or a password.
    #[error("the system's random generator failed")]
    Random,
}

/// There is no place for the files.
#[derive(Debug, thiserror::Error)]
pub enum StepPathError {
    /// Neither variable is set.
    #[error("neither STEPPATH nor HOME is set")]
    NoHome,
    /// Configuration files are JSON, and JSON is Unicode.
    #[error("{} is not valid Unicode", path.display())]
    NotUnicode {
        /// The directory.
        path: PathBuf,
    },
    /// The current directory, which a relative path starts from, is not known.
    #[error("the current directory is not known")]
    CurrentDirectory(#[source] io::Error),
}

/// Why a CA could not be made. Nothing was written unless the error is of the [`InitError::File`] kind.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A value that cannot be empty is.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// Not `host:port` with a port from 0 to 65535.
    #[error("{0:?} is not an address, which is host:port or :port")]
    Address(String),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A key could not be made or encrypted.
    #[error(transparent)]
    Key(#[from] PrivateKeyError),
    /// A certificate could not be made.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The provisioner's key could not be made or encrypted.
    #[error(transparent)]
    Provisioner(#[from] JoseError),
}
