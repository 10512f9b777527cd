//! Where in `ca.json`, what is wrong, and what would be right.
//!
//! A problem never quotes a value that may be a secret.

use std::{fmt, io, path::PathBuf};

use super::problem::{Notice, Problem};

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("error opening {}: {source}", path.display())]
    Read {
        /// The file as it was named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is larger than [`crate::limits::CONFIG_FILE`].
    #[error("error parsing {}: the file is larger than {limit} octets", path.display())]
    TooLarge {
        /// The file as it was named.
        path: PathBuf,
        /// In octets.
        limit: u64,
    },
    /// The file is not UTF-8 text.
    #[error("error parsing {}: the file is not UTF-8 text", path.display())]
    NotText {
        /// The file as it was named.
        path: PathBuf,
    },
    /// Others can read a file that holds a password.
    #[error("{path} holds a password and has mode {mode:04o}; run `chmod 600 {path}`", path = path.display())]
    Exposed {
        /// The file as it was named.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else can read, and change, a file that holds a password.
    #[error("{path} holds a password and belongs to user {owner}; run `chown {user} {path}`", path = path.display())]
    Foreign {
        /// The file as it was named.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who runs this.
        user: u32,
    },
    /// The text is not a configuration.
    #[error(transparent)]
    Invalid(#[from] ConfigErrors),
}

/// Every problem of one file, at once, in the order in which the members are read.
#[derive(Debug, Eq, PartialEq)]
pub struct ConfigErrors {
    /// The file as it was named.
    pub file: PathBuf,
    /// At least one.
    pub errors: Vec<ConfigError>,
}

impl fmt::Display for ConfigErrors {
    /// One problem a line: `ca.json:12: authority.claims.maxTLSCertDuration: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.errors.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{}", self.file.display(), error)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// One problem and its place.
#[derive(Debug, Eq, PartialEq)]
pub struct ConfigError {
    /// Such as `authority.provisioners[2].claims.maxTLSCertDuration`; empty for the file as a whole.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub problem: Problem,
}

impl fmt::Display for ConfigError {
    /// `12: authority.claims.maxTLSCertDuration: …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_placed(f, self.line, &self.path, &self.problem)
    }
}

/// Something to know about a configuration that can be used.
#[derive(Debug, Eq, PartialEq)]
pub struct Warning {
    /// As in [`ConfigError`].
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// What there is to know.
    pub notice: Notice,
}

impl fmt::Display for Warning {
    /// `12: kms: …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_placed(f, self.line, &self.path, &self.notice)
    }
}

fn write_placed(f: &mut fmt::Formatter<'_>, line: usize, path: &str, what: &dyn fmt::Display) -> fmt::Result {
    match path {
        "" => write!(f, "{line}: {what}"),
        path => write!(f, "{line}: {path}: {what}"),
    }
}

/// Collects what is found while a file is read.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) errors: Vec<ConfigError>,
    pub(super) warnings: Vec<Warning>,
}

impl Problems {
    pub(super) fn refuse(&mut self, path: &str, line: usize, problem: Problem) {
        self.errors.push(ConfigError { path: path.to_owned(), line, problem });
    }

    pub(super) fn warn(&mut self, path: &str, line: usize, notice: Notice) {
        self.warnings.push(Warning { path: path.to_owned(), line, notice });
    }
}
