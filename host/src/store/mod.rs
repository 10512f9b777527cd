//! Where issuances are kept.
//!
//! [`Store`] is what every store promises; [`Embedded`] is the one in a file beside the configuration. Neither knows
//! X.509, HTTP or the clock: a certificate is DER octets with facts about it, and time arrives as an argument.

mod certificate;
mod decision_record;
mod embedded;
mod error;
mod intent;
mod issuance;
mod maintenance;
mod meters;
mod module;
mod query;
mod recall;
mod revocation;

use std::pin::Pin;

use authority::Timestamp;
use bytes::Bytes;

pub use self::{
    certificate::CertificateRecord,
    decision_record::{ConfigurationRecord, DecisionQuery, DecisionRecord, StoredDecision},
    embedded::{Embedded, Reader},
    error::{AuditFileError, Damage, OpenError, StoreError, Unavailable},
    intent::Intent,
    issuance::{Consumption, Issuance, Recorded, SingleUse},
    maintenance::{Compacted, Copied, MaintenanceError, Restored},
    meters::StoreMeters,
    module::ModuleRecord,
    query::{CertificatePage, CertificateQuery, Dossier, NameCondition, Page, Standing},
    recall::{Recall, RecallRecord},
    revocation::{ListBasis, Revocation, RevocationRecord},
};
use crate::audit::{Digest, Entry, Head};

/// A promise of the store. Dropping it before it is kept is safe: what it was about happens whole or not at all.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Where issuances are kept. All methods may be called at the same time, from within a tokio runtime.
///
/// A store answers within [`crate::limits::STORE_TIME`] ([`Self::check`] apart), and never blocks the caller's thread.
pub trait Store: Send + Sync {
    /// Spends the credential, takes the serial number and keeps certificate and audit entry, or does none of it.
    ///
    /// When it succeeds, all of it survives a power cut. Of any number of calls with one credential at most one
    /// succeeds, whatever happens between them; the same holds for a serial number. After
    /// [`StoreError::OutcomeUnknown`] the certificate must be dropped and the credential counts as used.
    fn record(&self, issuance: Issuance) -> Answer<Recorded>;

    /// Adds a refusal, a fault or what was read to the audit log, at most [`crate::limits::REFUSAL_TIME`] late.
    ///
    /// Under a flood only a count of them is kept, and that is in the log, too. `inputs` is what it was decided from, kept
    /// with it unless it has more than [`crate::limits::REFUSAL_INPUTS`] octets.
    fn record_refusal(&self, entry: Entry, inputs: Option<Box<DecisionRecord>>);

    /// Keeps a configuration that decisions will be made with; false when it is kept already.
    fn remember_configuration(&self, configuration: ConfigurationRecord) -> Answer<bool>;

    /// Keeps the policy modules that a configuration is served with from here on, for as long as what is kept of decisions
    /// refers to them and they have at most [`crate::limits::KEPT_MODULES`] octets; tells how many are new.
    fn remember_modules(&self, configuration: Digest, modules: Vec<ModuleRecord>) -> Answer<u64> {
        drop((configuration, modules));
        Box::pin(std::future::ready(Err(StoreError::Unavailable(Unavailable::ReadOnly))))
    }

    /// The certificate with this serial number.
    fn certificate(&self, serial_number: authority::SerialNumber) -> Answer<Option<CertificateRecord>>;

    /// Certificates that meet conditions, newest first, page by page. A page takes a bounded time whatever is asked, so
    /// it may be short, or empty, although there are more to come.
    fn certificates(&self, query: CertificateQuery, page: Page) -> Answer<CertificatePage>;

    /// Revokes a certificate: spends the credential, marks the serial number and keeps the audit entry, or does none of
    /// it. Durable like [`Self::record`]; from then on no certificate is recorded that would replace the revoked one, and
    /// none with a key that was revoked for being compromised: [`StoreError::KeyCompromised`].
    ///
    /// Of any number of calls for one serial number one succeeds; the others are [`StoreError::AlreadyRevoked`]. A
    /// revocation is never undone.
    fn revoke(&self, revocation: Revocation) -> Answer<Recorded>;

    /// The revocation of the certificate with this serial number, if it is revoked.
    fn revocation(&self, serial_number: authority::SerialNumber) -> Answer<Option<RevocationRecord>>;

    /// Bars a policy module, so that whatever it had a say in is not renewed, or lifts that; false when it is like that
    /// already. Durable like [`Self::record`]; from then on no certificate is recorded that would replace such a one:
    /// [`StoreError::PreviousRecalled`].
    fn recall(&self, recall: Recall) -> Answer<bool> {
        drop(recall);
        Box::pin(std::future::ready(Err(StoreError::Unavailable(Unavailable::ReadOnly))))
    }

    /// What was done last about a module.
    fn recalled(&self, module: Digest) -> Answer<Option<RecallRecord>>;

    /// The recall for which the certificate with this serial number is not renewed, if there is one. Takes a look at each
    /// certificate that it goes back to, while any module is recalled; of more than [`crate::limits::DESCENT`]:
    /// [`StoreError::TooManyRenewals`], and [`Self::record`] says so as well.
    fn bar(&self, serial_number: authority::SerialNumber) -> Answer<Option<RecallRecord>>;

    /// How many revocations are on record, of which a certificate may have two; grows before the answer to [`Self::revoke`].
    fn revoked(&self) -> u64;

    /// What the next list of revoked certificates is made from. An entry stays until a list has shown it that was made
    /// [`crate::limits::REVOKED_MARGIN`] after the end of its certificate.
    fn next_list(&self, now: Timestamp) -> Answer<ListBasis>;

    /// Takes note of a list, before anybody has seen it; false when its number is not above that of the last, so that
    /// it must not be shown. Durable like [`Self::record`].
    fn record_list(&self, number: u64, made_at: Timestamp) -> Answer<bool>;

    /// Keeps what a signer elsewhere is about to be asked for, until the certificate is recorded or refused; false when
    /// the serial number is taken. Durable like [`Self::record`]. Of more than [`crate::limits::INTENTS`]:
    /// [`StoreError::TooManyIntents`].
    fn intend(&self, intent: Intent) -> Answer<bool> {
        drop(intent);
        Box::pin(std::future::ready(Err(StoreError::Unavailable(Unavailable::ReadOnly))))
    }

    /// Takes an intent back: nothing was signed, or what was signed is gone. Does not wait; may be lost.
    fn withdraw(&self, _serial_number: authority::SerialNumber) {}

    /// Drops an intent of which an operator knows what became, and keeps the audit entry; false when there is none. Durable
    /// like [`Self::record`].
    fn settle(&self, serial_number: authority::SerialNumber, entry: Entry) -> Answer<bool> {
        drop((serial_number, entry));
        Box::pin(std::future::ready(Err(StoreError::Unavailable(Unavailable::ReadOnly))))
    }

    /// Intents that nothing has claimed, the oldest first. While requests are under way, theirs are among them.
    fn unclaimed(&self) -> Answer<Vec<Intent>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Whether the credential has been used. May save work, but decides nothing: only [`Self::record`] does.
    fn is_spent(&self, credential: Digest) -> Answer<bool>;

    /// Spends something that is no credential; false when it was spent before. Durable like [`Self::record`]. When there
    /// are as many as there may be: [`StoreError::TooManyConsumed`].
    fn consume(&self, consumption: Consumption) -> Answer<bool>;

    /// A value that a provisioner's module keeps.
    fn data(&self, provisioner: String, key: String) -> Answer<Option<Vec<u8>>>;

    /// Changes such a value; false when the condition did not hold. Durable like [`Self::record`].
    fn change_data(&self, change: DataChange) -> Answer<bool>;

    /// Octets of keys and values that a provisioner's module keeps.
    fn data_size(&self, provisioner: String) -> Answer<u64>;

    /// Forgets what old decisions were made from, and credentials that expired before `now`, some thousand at a time, and
    /// tells how many. They stay refused:
    /// a credential older than the youngest forgotten one is [`StoreError::TokenForgotten`], whatever the clock says.
    fn prune(&self, now: Timestamp) -> Answer<u64>;

    /// The end of the audit log, as far as it is durable.
    fn head(&self) -> Head;

    /// Identifies the audit log.
    fn log(&self) -> [u8; 16];

    /// Looks whether the audit file was moved away, and begins a new one there if it was. Nothing without such a file.
    fn reopen_audit_file(&self);

    /// Whether issuances can be recorded now. False while the store recovers from a failure of the disk.
    fn is_ready(&self) -> bool;

    /// Whether it was opened where nothing can be written: what is on record is read, and everything else is
    /// [`Unavailable::ReadOnly`].
    fn is_read_only(&self) -> bool {
        false
    }

    /// Keeps a list of revoked certificates that was published, in DER, for a start after which none can be made. It
    /// takes the place of the one before, and may be lost.
    fn keep_list(&self, list: Bytes) -> Answer<()> {
        drop(list);
        Box::pin(std::future::ready(Ok(())))
    }

    /// The list that was kept last.
    fn kept_list(&self) -> Answer<Option<Vec<u8>>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// What it counts.
    fn meters(&self) -> &StoreMeters;

    /// Facts about the store that do not change while it is open.
    fn origin(&self) -> Origin;

    /// Time of the newest line in the audit log. A clock that is behind it has been set back.
    fn newest(&self) -> Timestamp;

    /// Reads everything that is kept and compares it with itself: structure, checksums, the audit chain to its end.
    fn check(&self) -> Answer<Report>;
}

/// A change to a value of a provisioner's module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DataChange {
    /// Whose value.
    pub provisioner: String,
    /// Its name.
    pub key: String,
    /// What it must be for the change to happen.
    pub when: Condition,
    /// What it becomes; nothing removes it.
    pub value: Option<Vec<u8>>,
}

/// When a value is changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Condition {
    /// Whatever it is.
    Always,
    /// When it is exactly this; nothing means that there is none.
    Is(Option<Vec<u8>>),
}

/// Where a store comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Origin {
    /// When it was made. Certificates issued before then have no record.
    pub created: Timestamp,
    /// When it was last found to be older than what had been seen of it: restored from a backup, or not the same.
    /// Credentials from before then may have been used without a trace, however often it was opened since.
    pub set_back: Option<Timestamp>,
}

/// What [`Store::check`] has read and found sound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Report {
    /// Certificates.
    pub certificates: u64,
    /// Those of them, and from before there were records, that are revoked.
    pub revoked: u64,
    /// Used credentials that are not forgotten yet.
    pub spent: u64,
    /// The end of the audit log.
    pub head: Head,
}
