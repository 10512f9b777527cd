//! Where the configuration comes from, at the start and whenever it is asked for again.

use crate::config::{Address, Config, LoadError, Warning};
use std::{
    fmt,
    path::{Path, PathBuf},
};
use thiserror::Error;
use zeroize::Zeroizing;

/// A file, and what the command line says beside it.
#[derive(Clone, Debug)]
pub struct Source {
    /// `ca.json`.
    pub file: PathBuf,
    /// Where to listen whatever the file says.
    pub address: Option<Address>,
    /// What decrypts the issuing key.
    pub password: PasswordSource,
}

/// What decrypts the issuing key, unless it is in clear.
#[derive(Clone)]
pub enum PasswordSource {
    /// `password` of the configuration.
    Configuration,
    /// A file, read again each time; it wins over the configuration.
    File(PathBuf),
    /// What somebody has typed; the configuration wins over it.
    Typed(Zeroizing<Vec<u8>>),
}

/// A configuration that was read, with the password that goes with it.
pub struct Read {
    /// The configuration.
    pub config: Config,
    /// What there is to know about it.
    pub warnings: Vec<Warning>,
    /// The password, unless the configuration has it.
    pub password: Option<Zeroizing<Vec<u8>>>,
}

impl Source {
    /// Reads it, now.
    ///
    /// # Errors
    /// The configuration is not one, or the password file cannot be read or is open to others.
    pub fn read(&self) -> Result<Read, SourceError> {
        let (mut config, warnings) = Config::load(&self.file)?;
        if let Some(address) = &self.address {
            config.address = address.clone();
        }
        let password = match &self.password {
            PasswordSource::File(path) => Some(steppath::read_password(path)?),
            PasswordSource::Typed(password) if config.password.is_none() => Some(password.clone()),
            PasswordSource::Typed(_) | PasswordSource::Configuration => None,
        };
        Ok(Read { config, warnings, password })
    }

    /// The password file, if there is one.
    pub fn password_file(&self) -> Option<&Path> {
        match &self.password {
            PasswordSource::File(path) => Some(path),
            PasswordSource::Configuration | PasswordSource::Typed(_) => None,
        }
    }
}

impl fmt::Debug for PasswordSource {
    /// Without what was typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => f.write_str("Configuration"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Typed(_) => f.write_str("Typed(…)"),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The file is not one.
    #[error(transparent)]
    Config(#[from] LoadError),
    /// The password file cannot be read, or is open to others.
    #[error(transparent)]
    Password(#[from] steppath::FileError),
}
