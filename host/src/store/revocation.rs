//! What one revocation is, and how it lies in a row.

use authority::{RevocationReason, RevokedCertificate, SerialNumber, Timestamp};
use rusqlite::{CachedStatement, Row, named_params};

use super::{
    decision_record::DecisionRecord,
    error::{Damage, StoreError},
    issuance::SingleUse,
};
use crate::audit::{Digest, Entry, Outcome};

/// A certificate that was revoked and what is known about that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevocationRecord {
    /// Which one.
    pub serial_number: SerialNumber,
    /// Since when.
    pub revoked_at: Timestamp,
    /// Why, in one word.
    pub reason: RevocationReason,
    /// Why, for people; may be empty.
    pub reason_text: String,
    /// Name of the provisioner whose token it was; empty when the certificate spoke for itself.
    pub provisioner: String,
    /// Who the credential said the client is.
    pub revoked_by: String,
    /// When the certificate would have ended.
    pub not_after: Timestamp,
    /// SHA-256 of its SubjectPublicKeyInfo, when the reason is that this key was compromised.
    pub compromised_key: Option<Digest>,
}

/// One revocation, all of which is recorded or nothing.
#[derive(Clone, Debug)]
pub struct Revocation {
    spend: Option<SingleUse>,
    record: RevocationRecord,
    entry: Entry,
    inputs: Option<Box<DecisionRecord>>,
}

impl Revocation {
    /// `spend` is the credential to be spent; none when the certificate was the credential. What `entry` says about the
    /// credential and the certificate is filled in.
    pub fn new(spend: Option<SingleUse>, record: RevocationRecord, entry: Entry) -> Self {
        let entry = Entry {
            outcome: Outcome::Revoked,
            credential: spend.map(|spend| spend.id).or(entry.credential),
            serial_number: Some(record.serial_number),
            ..entry
        };
        Self { spend, record, entry, inputs: None }
    }

    /// With what it was decided from.
    #[must_use]
    pub fn made_from(self, inputs: Option<Box<DecisionRecord>>) -> Self {
        Self { inputs, ..self }
    }

    pub(super) fn inputs(&self) -> Option<&DecisionRecord> {
        self.inputs.as_deref()
    }

    /// What is recorded.
    pub fn record(&self) -> &RevocationRecord {
        &self.record
    }

    pub(super) fn spend(&self) -> Option<&SingleUse> {
        self.spend.as_ref()
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }
}

/// What a list of revoked certificates is made from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListBasis {
    /// Higher than that of every list before it.
    pub number: u64,
    /// Every certificate that belongs into it, by serial number.
    pub revoked: Vec<RevokedCertificate>,
}

/// Rows of both tables have the same form.
macro_rules! insert_into {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (serial_number, revoked_at, reason_code, reason_text, provisioner, revoked_by, not_after, \
             compromised_key, sequence, checksum) VALUES (:serial_number, :revoked_at, :reason_code, :reason_text, \
             :provisioner, :revoked_by, :not_after, :compromised_key, :sequence, :checksum) \
             ON CONFLICT (serial_number) DO NOTHING"
        )
    };
}

macro_rules! select_from {
    ($table:literal) => {
        concat!(
            "SELECT serial_number, revoked_at, reason_code, reason_text, provisioner, revoked_by, not_after, \
             compromised_key, sequence, checksum FROM ",
            $table
        )
    };
}

impl RevocationRecord {
    pub(super) const INSERT: &'static str = insert_into!("revocations");
    pub(super) const SELECT: &'static str = select_from!("revocations");
    /// For a certificate that is revoked, and whose key was found to be compromised since.
    pub(super) const INSERT_COMPROMISE: &'static str = insert_into!("compromises");
    pub(super) const SELECT_COMPROMISE: &'static str = select_from!("compromises");

    /// What holds once the key was found to be compromised: since the first day, for that reason.
    pub(super) fn found_compromised(self, compromise: Self) -> Self {
        Self { revoked_at: self.revoked_at, ..compromise }
    }

    /// Runs [`Self::INSERT`] or [`Self::INSERT_COMPROMISE`]; nothing when there is a row already, else the checksum of
    /// the new one.
    pub(super) fn insert(
        &self,
        statement: &mut CachedStatement<'_>,
        sequence: i64,
    ) -> rusqlite::Result<Option<Digest>> {
        let checksum = self.checksum(sequence);
        let inserted = statement.execute(named_params! {
            ":serial_number": self.serial_number.as_bytes(),
            ":revoked_at": self.revoked_at.as_unix(),
            ":reason_code": self.reason.code(),
            ":reason_text": self.reason_text,
            ":provisioner": self.provisioner,
            ":revoked_by": self.revoked_by,
            ":not_after": self.not_after.as_unix(),
            ":compromised_key": self.compromised_key.as_ref().map(Digest::as_bytes),
            ":sequence": sequence,
            ":checksum": checksum.as_bytes(),
        })?;
        Ok((inserted == 1).then_some(checksum))
    }

    /// Reads a row of [`Self::SELECT`] or [`Self::SELECT_COMPROMISE`]; one that is not what was written is damage.
    pub(super) fn from_row(row: &Row<'_>) -> Result<StoredRevocation, StoreError> {
        let damaged = || StoreError::Damaged(Damage::Revocations);
        let serial: [u8; SerialNumber::OCTETS] = row.get("serial_number")?;
        let sequence = row.get("sequence")?;
        let revocation = Self {
            serial_number: SerialNumber::from_bytes(&serial).map_err(|_| damaged())?,
            revoked_at: Timestamp::from_unix(row.get("revoked_at")?),
            reason: RevocationReason::from_code(row.get("reason_code")?).map_err(|_| damaged())?,
            reason_text: row.get("reason_text")?,
            provisioner: row.get("provisioner")?,
            revoked_by: row.get("revoked_by")?,
            not_after: Timestamp::from_unix(row.get("not_after")?),
            compromised_key: row.get::<_, Option<[u8; 32]>>("compromised_key")?.map(Digest::from_bytes),
        };
        let checksum = Digest::from_bytes(row.get("checksum")?);
        if checksum != revocation.checksum(sequence) {
            return Err(damaged());
        }
        Ok(StoredRevocation { revocation, sequence, checksum })
    }

    fn checksum(&self, sequence: i64) -> Digest {
        let numbers = [self.revoked_at.as_unix(), self.not_after.as_unix(), sequence].map(i64::to_be_bytes);
        let reason = [self.reason.code()];
        let fields: [&[u8]; 6] = [
            self.serial_number.as_bytes(),
            &reason,
            self.reason_text.as_bytes(),
            self.provisioner.as_bytes(),
            self.revoked_by.as_bytes(),
            numbers.as_flattened(),
        ];
        // Rows from before there was such a column have the checksum they were written with.
        let key = self.compromised_key.as_ref().map(|key| &key.as_bytes()[..]);
        Digest::of_fields(&fields.into_iter().chain(key).collect::<Vec<_>>())
    }
}

impl From<RevocationRecord> for RevokedCertificate {
    fn from(record: RevocationRecord) -> Self {
        let RevocationRecord { serial_number, revoked_at, reason, .. } = record;
        Self { serial_number, revoked_at, reason }
    }
}

/// A revocation and its place in the store.
pub(super) struct StoredRevocation {
    pub(super) revocation: RevocationRecord,
    pub(super) sequence: i64,
    pub(super) checksum: Digest,
}
