//! What one issuance is, from the store's point of view.

use authority::Timestamp;

use super::{certificate::CertificateRecord, decision_record::DecisionRecord};
use crate::audit::{Digest, Entry, Outcome};

/// One issuance, all of which is recorded or nothing.
#[derive(Clone, Debug)]
pub struct Issuance {
    spend: Option<SingleUse>,
    certificate: CertificateRecord,
    key: Digest,
    entry: Entry,
    fingerprint: Digest,
    inputs: Option<Box<DecisionRecord>>,
    is_signed_elsewhere: bool,
}

impl Issuance {
    /// `spend` is the credential to be spent; none when a certificate was the credential. `key` is the SHA-256 of the
    /// certificate's SubjectPublicKeyInfo. What `entry` says about the credential and the certificate is filled in.
    pub fn new(spend: Option<SingleUse>, certificate: CertificateRecord, key: Digest, entry: Entry) -> Self {
        let fingerprint = certificate.fingerprint();
        let entry = Entry {
            outcome: Outcome::Issued,
            credential: spend.map(|spend| spend.id).or(entry.credential),
            serial_number: Some(certificate.serial_number),
            fingerprint: Some(fingerprint),
            names: certificate.names.clone(),
            ..entry
        };
        Self { spend, certificate, key, entry, fingerprint, inputs: None, is_signed_elsewhere: false }
    }

    /// With what it was decided from.
    #[must_use]
    pub fn made_from(self, inputs: Option<Box<DecisionRecord>>) -> Self {
        Self { inputs, ..self }
    }

    /// Whether it has an intent, which goes when this is recorded or refused.
    #[must_use]
    pub fn signed_elsewhere(self, is_signed_elsewhere: bool) -> Self {
        Self { is_signed_elsewhere, ..self }
    }

    /// What was signed.
    pub fn certificate(&self) -> &CertificateRecord {
        &self.certificate
    }

    pub(super) fn is_signed_elsewhere(&self) -> bool {
        self.is_signed_elsewhere
    }

    pub(super) fn spend(&self) -> Option<&SingleUse> {
        self.spend.as_ref()
    }

    pub(super) fn key(&self) -> &Digest {
        &self.key
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    pub(super) fn inputs(&self) -> Option<&DecisionRecord> {
        self.inputs.as_deref()
    }

    pub(super) fn fingerprint(&self) -> Digest {
        self.fingerprint
    }
}

/// Something that works once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SingleUse {
    /// See [`Digest::of_credential`].
    pub id: Digest,
    /// From here on it is refused for its age, leeway included, so its use may be forgotten.
    pub expires: Timestamp,
}

/// Something that a policy consumes, and how much it may.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consumption {
    /// What is used.
    pub once: SingleUse,
    /// Of one policy in one provisioner; all that it consumes counts together.
    pub space: String,
    /// So many that are not expired there may be.
    pub most: u64,
    /// What expired before does not count.
    pub now: Timestamp,
}

/// The receipt of an issuance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Recorded {
    /// Its line of the audit log.
    pub sequence: u64,
}
