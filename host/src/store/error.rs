//! What can go wrong between the road and the disk.

use std::{io, path::PathBuf, sync::Arc};

use authority::Timestamp;

use crate::audit::{ChainError, Digest};

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The certificate is revoked already. Nothing was written.
    #[error("the certificate is revoked already")]
    AlreadyRevoked,
    /// What is kept is not what was written. Nothing is issued until somebody has looked at it.
    #[error("the store is damaged")]
    Damaged(#[from] Damage),
    /// A certificate with this key was revoked because the key was compromised. Nothing was written.
    #[error("the key is known to be compromised")]
    KeyCompromised,
    /// Nobody knows whether it was written: it took too long, or the disk failed in the middle. The certificate must
    /// be dropped, and the credential counts as used.
    #[error("the store did not say whether the record was written")]
    OutcomeUnknown,
    /// A policy module is recalled that had a say in the certificate that was to be renewed. Nothing was written.
    #[error("the certificate to be renewed goes back to the policy module with SHA-256 {module}, which is recalled")]
    PreviousRecalled {
        /// SHA-256 of the module.
        module: Digest,
    },
    /// The certificate that was to be renewed is revoked. Nothing was written.
    #[error("the certificate to be renewed is revoked")]
    PreviousRevoked,
    /// A certificate has this serial number already. Nothing was written.
    #[error("the serial number is taken")]
    SerialTaken,
    /// The credential is so old that the store has forgotten whether it was used. Nothing was written.
    #[error("the credential expired before {watermark}; whether it was used is forgotten")]
    TokenForgotten {
        /// Credentials that expired until then are forgotten.
        watermark: Timestamp,
    },
    /// The credential was used before. Nothing was written.
    #[error("the credential was used already")]
    TokenSpent,
    /// As much is consumed and not expired as there may be. Nothing was written.
    #[error("{most} keys are consumed and not expired, as many as there may be")]
    TooManyConsumed {
        /// How many there may be.
        most: u64,
    },
    /// As much was asked of the signer elsewhere without anybody knowing what became of it as there can be. Nothing was
    /// written.
    #[error(
        "{} certificates were asked of the signer and are not on record yet; `step-ca db intents` lists and settles those \
         that were lost",
        crate::limits::INTENTS
    )]
    TooManyIntents,
    /// As many recalls are on record as there can be. Nothing was written.
    #[error("{} recalls are on record already", crate::limits::RECALLS)]
    TooManyRecalls,
    /// The certificate that was to be renewed was renewed so often that it cannot be told, within
    /// [`crate::limits::DESCENT`] looks, whether it goes back to a recalled module. Nothing was written.
    #[error("the certificate was renewed too often to be followed back to its first certificate; ask for a new one")]
    TooManyRenewals,
    /// A value is larger than [`crate::limits::STORE_PARAMETER`]. Nothing was written.
    #[error("a value of {octets} octets is too large for the store")]
    TooLarge {
        /// Its size.
        octets: usize,
    },
    /// Nothing was written; the same may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Unavailable),
}

/// Why the store cannot do anything now.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unavailable {
    /// The audit log cannot be written into its file.
    #[error("the audit file cannot be written")]
    AuditFile(#[source] Arc<AuditFileError>),
    /// Too many operations are waiting.
    #[error("too many operations are waiting for the store")]
    Busy,
    /// The database said so.
    #[error("the database failed")]
    Database(#[source] Arc<rusqlite::Error>),
    /// The file system said no to a file beside the database.
    #[error("a file of the store cannot be read or written")]
    File(#[source] Arc<io::Error>),
    /// The store could not be opened for writing.
    #[error("the store cannot be written")]
    ReadOnly,
    /// The disk failed, and the store is being recovered from what is on it.
    #[error("the store is being recovered after a failure")]
    Recovering,
    /// The process is ending, or a read took too long.
    #[error("the store does not answer")]
    Silent,
}

/// Why the audit log is not written into its file.
#[derive(Debug, thiserror::Error)]
pub enum AuditFileError {
    /// Its last line is not the one in the store, which may have been set back.
    #[error("its line {sequence} is not that of the store; move the file away, and a new one is begun")]
    Diverged {
        /// The last line of the file.
        sequence: u64,
    },
    /// It is something else, or belongs to another store.
    #[error("it is not the audit log of this store; move the file away, and a new one is begun")]
    Foreign,
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What has taken its place is not ours alone.
    #[error(transparent)]
    Place(#[from] Box<OpenError>),
    /// The lines cannot be read from the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AuditFileError> for StoreError {
    fn from(error: AuditFileError) -> Self {
        Self::Unavailable(Unavailable::AuditFile(Arc::new(error)))
    }
}

/// How what is kept differs from what was written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Damage {
    /// The audit log is not the one that was written.
    #[error(transparent)]
    Audit(#[from] ChainError),
    /// A certificate is missing or changed.
    #[error("the record of certificate number {number} is missing or changed")]
    Certificate {
        /// Counted from 1 in the order of issuance.
        number: i64,
    },
    /// A configuration that decisions were made with is changed.
    #[error("the configuration with SHA-256 {digest} was changed")]
    Configuration {
        /// What its text should have.
        digest: Digest,
    },
    /// It does not add up how much policies have consumed.
    #[error("the numbers of consumed keys were changed")]
    Consumed,
    /// A value of a provisioner's module is changed.
    #[error("data of provisioner {provisioner:?} was changed")]
    Data {
        /// Whose data.
        provisioner: String,
    },
    /// What a decision was made from is changed.
    #[error("what the decision in line {sequence} of the audit log was made from was changed")]
    Decision {
        /// Its line.
        sequence: i64,
    },
    /// A policy module that decisions were made with is changed or missing.
    #[error("the policy module with SHA-256 {digest} was changed or is missing")]
    Module {
        /// What its component should have.
        digest: Digest,
    },
    /// SQLite cannot read its own file.
    #[error("the database file is malformed: {0}")]
    Database(String),
    /// Recalls of policy modules are missing or changed.
    #[error("recalls are missing or changed")]
    Recalls,
    /// The set of revoked certificates is not the one that was written.
    #[error("revocations are missing or changed")]
    Revocations,
    /// The set of used credentials is not the one that was written.
    #[error("used credentials are missing or changed")]
    Spent,
    /// The row of the store's own state is changed or missing.
    #[error("the state of the store is missing or changed")]
    State,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{ConstraintViolation, DatabaseCorrupt, NotADatabase, Unknown};
        match error.sqlite_error_code() {
            // The statements and values are our own: when they do not fit the schema, or a value is not of the type
            // that was written, a bit has flipped.
            Some(ConstraintViolation | DatabaseCorrupt | NotADatabase | Unknown) | None => {
                Self::Damaged(Damage::Database(error.to_string()))
            }
            Some(_) => Self::Unavailable(Unavailable::Database(Arc::new(error))),
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The audit log cannot be written into the file that is to have it.
    #[error("audit.file: {}", path.display())]
    AuditFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: AuditFileError,
    },
    /// What is kept is not what was written.
    #[error("{} is damaged; restore it from a backup", path.display())]
    Damaged {
        /// The store.
        path: PathBuf,
        /// How.
        #[source]
        damage: Damage,
    },
    /// Others can read or change the store.
    #[error("{path} has mode {mode:04o}, which lets others in; run `chmod {right} {path}`", path = path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they should be.
        right: &'static str,
    },
    /// The file is a database of another program.
    #[error("{} is not a store of this program; name another file in `db.dataSource`", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file belongs to another user.
    #[error("{} belongs to user {owner}; run `chown {ours}` on it", path.display())]
    ForeignOwner {
        /// The file or folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who we are.
        ours: u32,
    },
    /// What was last seen of the store cannot be kept.
    #[error("{} cannot be read and written; name a file outside the store's folder in `db.head`", path.display())]
    Head {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
    /// What was last seen of the store would be set back together with it.
    #[error("{} lies in the store's folder {store}; name a file outside of it in `db.head`", path.display(), store = store.display())]
    HeadInside {
        /// The file.
        path: PathBuf,
        /// The folder.
        store: PathBuf,
    },
    /// Another server has it open.
    #[error("{} is in use by another server", path.display())]
    InUse {
        /// The store.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("{}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
    /// There was a store here, and it is gone: starting anew would forget every used credential.
    #[error(
        "{} is missing or empty, but {head} says it had {lines} lines of audit log; \
         restore it from a backup, or remove {head} to begin anew",
        path.display(),
        head = head.display()
    )]
    Missing {
        /// The store.
        path: PathBuf,
        /// Remembers what was there.
        head: PathBuf,
        /// Lines of its audit log.
        lines: u64,
    },
    /// A later version has changed the store.
    #[error("{} was written by a later version of this program (schema {found}, this one knows {known})", path.display())]
    Newer {
        /// The store.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// An earlier version has written the store, and it cannot be brought up to date.
    #[error(
        "{} was written by an earlier version of this program (schema {found}, this one knows {known}) and cannot be \
         written; make it writable for one start",
        path.display()
    )]
    Older {
        /// The store.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Not a plain file.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// The database cannot be opened or written.
    #[error("{} cannot be used", path.display())]
    Unusable {
        /// The store.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
}
