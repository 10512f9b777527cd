//! The store, read by another program than the one that writes it.

use std::path::{Path, PathBuf};

use authority::SerialNumber;
use rusqlite::Connection;

use super::{certificates, check, connection, copy, files, intents, recalls};
use crate::{
    audit::Digest,
    store::{
        CertificatePage, CertificateQuery, Copied, Intent, MaintenanceError, Page, RecallRecord, Report, StoreError,
        error::OpenError,
    },
};

/// A store that is only read, whether or not a server has it open. Every method sees what was durable when it began,
/// keeps nobody from writing, and blocks for the disk.
pub struct Reader {
    path: PathBuf,
    connection: Connection,
}

impl Reader {
    /// Opens what is there, and makes nothing.
    ///
    /// # Errors
    /// There is no store, it is open to others or of another program or version, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, MaintenanceError> {
        let path = files::existing(path)?;
        let unusable = |source| OpenError::Unusable { path: path.clone(), source };
        let connection = connection::reader(&path).map_err(unusable)?;
        connection::require_current(&connection, &path)?;
        Ok(Self { path, connection })
    }

    /// A page of certificates, as [`Store::certificates`](crate::store::Store::certificates) answers it.
    ///
    /// # Errors
    /// The store cannot be read, or is damaged.
    pub fn certificates(&self, query: &CertificateQuery, page: Page) -> Result<CertificatePage, MaintenanceError> {
        self.look(|connection| certificates::list(connection, query, page))
    }

    /// What was done last about a module that was recalled.
    ///
    /// # Errors
    /// The store cannot be read, or is damaged.
    pub fn recalled(&self, module: &Digest) -> Result<Option<RecallRecord>, MaintenanceError> {
        self.look(|connection| recalls::last(connection, module))
    }

    /// The recall for which the certificate with this serial number is not renewed, as it was before this line of the
    /// audit log.
    ///
    /// # Errors
    /// The store cannot be read, or is damaged.
    pub fn bar_before(
        &self,
        serial_number: &SerialNumber,
        line: u64,
    ) -> Result<Option<RecallRecord>, MaintenanceError> {
        self.look(|connection| recalls::bar(connection, serial_number, line))
    }

    /// Reads everything that is kept and compares it with itself.
    ///
    /// # Errors
    /// The store cannot be read, or is damaged.
    pub fn check(&self) -> Result<Report, MaintenanceError> {
        self.look(check::whole)
    }

    /// Certificates that a signer elsewhere was asked for and that are not on record.
    ///
    /// # Errors
    /// The store cannot be read, or is damaged.
    pub fn unclaimed(&self) -> Result<Vec<Intent>, MaintenanceError> {
        self.look(intents::unclaimed)
    }

    /// Copies the store as it is at this moment into a file that nobody else can read. The file is there when it is whole
    /// and was found sound, and not before; what was there under its name goes only when `overwrite` says so.
    ///
    /// # Errors
    /// There is a file already, or the copy cannot be made or is not sound.
    pub fn back_up(&self, to: &Path, overwrite: bool) -> Result<Copied, MaintenanceError> {
        if !overwrite && to.symlink_metadata().is_ok() {
            return Err(MaintenanceError::Exists { path: to.to_owned() });
        }
        let copy = copy::Unplaced::of(&self.connection, to)?;
        let report = copy.check()?;
        let octets = copy.place(to, overwrite)?;
        Ok(Copied { report, octets })
    }

    /// One snapshot for all that is read.
    pub(super) fn look<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, MaintenanceError> {
        let in_path = |source| MaintenanceError::Store { path: self.path.clone(), source };
        let snapshot = self.connection.unchecked_transaction().map_err(|error| in_path(error.into()))?;
        read(&snapshot).map_err(in_path)
    }
}
