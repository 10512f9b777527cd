//! Which certificates somebody wants to see, and what is known of each.

use authority::{SerialNumber, Timestamp};

use super::{certificate::CertificateRecord, revocation::RevocationRecord};
use crate::audit::{Digest, Entry};

/// Which certificates; every condition that is set must hold. Without any, all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificateQuery {
    /// A name in it, or its subject.
    pub name: Option<NameCondition>,
    /// The one with this serial number.
    pub serial_number: Option<SerialNumber>,
    /// Name of the provisioner that authorized it; empty for the CA itself.
    pub provisioner: Option<String>,
    /// SHA-256 of a module that took part in the decision.
    pub module: Option<Digest>,
    /// SHA-256 of a module that took part in that decision, or in one about a certificate that this one goes back to.
    pub descended_from: Option<Digest>,
    /// It ends before then.
    pub expires_before: Option<Timestamp>,
    /// It ends after then.
    pub expires_after: Option<Timestamp>,
    /// It was issued before then.
    pub issued_before: Option<Timestamp>,
    /// It was issued then or later.
    pub issued_since: Option<Timestamp>,
    /// What has become of it.
    pub standing: Option<Standing>,
}

/// A condition on names. The case of ASCII letters makes no difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NameCondition {
    /// A name has this in it.
    Contains(String),
    /// A name is this.
    Is(String),
}

/// What has become of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It has ended; whether it was revoked before makes no difference.
    Expired {
        /// What time it is.
        now: Timestamp,
    },
    /// It has not ended and is not revoked.
    Live {
        /// What time it is.
        now: Timestamp,
    },
    /// It is revoked; whether it has ended since makes no difference.
    Revoked,
}

/// A stretch of a list, newest certificates first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Page {
    /// Where it begins: [`CertificatePage::next`] of the page before; nothing for the first.
    pub before: Option<u64>,
    /// So many certificates at most; [`crate::limits::LISTED`] are the most there are.
    pub limit: usize,
}

/// What was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificatePage {
    /// Newest first; may be fewer than asked for, even none, although there are more to come.
    pub certificates: Vec<Dossier>,
    /// Where the next page begins; nothing after the last.
    pub next: Option<u64>,
}

/// Everything that is known of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dossier {
    /// Its record.
    pub certificate: CertificateRecord,
    /// The decision to issue it, as it stands in the audit log.
    pub decision: Entry,
    /// Its revocation, if it is revoked.
    pub revocation: Option<RevocationRecord>,
}
