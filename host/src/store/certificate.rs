//! The record of a certificate, and how it lies in a row.

use authority::{SerialNumber, Timestamp, Validity};
use rusqlite::{CachedStatement, Connection, Row, named_params, params};

use super::error::{Damage, StoreError};
use crate::audit::{Digest, Module, Operation};

/// A certificate that was issued and what is known about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateRecord {
    /// Unique among all certificates of the store.
    pub serial_number: SerialNumber,
    /// The certificate itself; empty when it was forgotten, long after its end.
    pub der: Vec<u8>,
    /// Name of the provisioner that authorized it.
    pub provisioner: String,
    /// What identified its credential's key, such as a `kid`; may be empty.
    pub credential_id: String,
    /// Who the credential said the client is.
    pub subject: String,
    /// Subject alternative names in canonical text.
    pub names: Vec<String>,
    /// When it is valid.
    pub validity: Validity,
    /// How it came about: `sign`, `renew`, `rekey` or `finalize`.
    pub operation: Operation,
    /// The certificate it replaces.
    pub previous: Option<SerialNumber>,
    /// When its names were first certified, over all renewals.
    pub first_issued: Timestamp,
    /// How many renewals lie between the first certificate and this one.
    pub renewals: u32,
    /// The modules that decided.
    pub policies: Vec<Module>,
}

impl CertificateRecord {
    /// SHA-256 of the DER.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&[&self.der])
    }

    pub(super) const INSERT: &'static str = "INSERT INTO certificates (number, serial_number, der, fingerprint, \
         provisioner, credential_id, subject, names, not_before, not_after, operation, previous, first_issued, \
         renewals, policies, sequence, checksum) VALUES (:number, :serial_number, :der, :fingerprint, :provisioner, \
         :credential_id, :subject, :names, :not_before, :not_after, :operation, :previous, :first_issued, :renewals, \
         :policies, :sequence, :checksum) ON CONFLICT (serial_number) DO NOTHING";

    pub(super) const SELECT: &'static str = "SELECT number, serial_number, der, fingerprint, provisioner, \
         credential_id, subject, names, not_before, not_after, operation, previous, first_issued, renewals, policies, \
         sequence, checksum FROM certificates";

    /// Runs [`Self::INSERT`]; false when the serial number is taken.
    pub(super) fn insert(
        &self,
        statement: &mut CachedStatement<'_>,
        number: i64,
        sequence: i64,
        fingerprint: &Digest,
    ) -> rusqlite::Result<bool> {
        let (names, policies) = self.lists();
        let checksum = self.checksum(number, sequence, &names, &policies);
        let inserted = statement.execute(named_params! {
            ":number": number,
            ":serial_number": self.serial_number.as_bytes(),
            ":der": self.der,
            ":fingerprint": fingerprint.as_bytes(),
            ":provisioner": self.provisioner,
            ":credential_id": self.credential_id,
            ":subject": self.subject,
            ":names": names,
            ":not_before": self.validity.not_before.as_unix(),
            ":not_after": self.validity.not_after.as_unix(),
            ":operation": self.operation.as_str(),
            ":previous": self.previous.as_ref().map(|serial| serial.as_bytes()),
            ":first_issued": self.first_issued.as_unix(),
            ":renewals": self.renewals,
            ":policies": policies,
            ":sequence": sequence,
            ":checksum": checksum.as_bytes(),
        })?;
        Ok(inserted == 1)
    }

    /// Reads a row of [`Self::SELECT`]; one that is not what was written is damage.
    pub(super) fn from_row(row: &Row<'_>) -> Result<StoredCertificate, StoreError> {
        let number: i64 = row.get("number")?;
        let sequence: i64 = row.get("sequence")?;
        let damaged = || StoreError::Damaged(Damage::Certificate { number });
        let names: String = row.get("names")?;
        let policies: String = row.get("policies")?;
        let operation: String = row.get("operation")?;
        let previous: Option<[u8; SerialNumber::OCTETS]> = row.get("previous")?;
        let serial = |octets: [u8; SerialNumber::OCTETS]| SerialNumber::from_bytes(&octets).map_err(|_| damaged());
        let certificate = Self {
            serial_number: serial(row.get("serial_number")?)?,
            der: row.get("der")?,
            provisioner: row.get("provisioner")?,
            credential_id: row.get("credential_id")?,
            subject: row.get("subject")?,
            names: serde_json::from_str(&names).map_err(|_| damaged())?,
            validity: Validity {
                not_before: Timestamp::from_unix(row.get("not_before")?),
                not_after: Timestamp::from_unix(row.get("not_after")?),
            },
            operation: Operation::from_name(&operation).ok_or_else(damaged)?,
            previous: previous.map(serial).transpose()?,
            first_issued: Timestamp::from_unix(row.get("first_issued")?),
            renewals: row.get("renewals")?,
            policies: serde_json::from_str(&policies).map_err(|_| damaged())?,
        };
        let fingerprint = Digest::from_bytes(row.get("fingerprint")?);
        let checksum = Digest::from_bytes(row.get("checksum")?);
        // Of a certificate that was forgotten the fingerprint is left, which the audit log has, too.
        let is_itself = certificate.der.is_empty() || fingerprint == certificate.fingerprint();
        let intact = is_itself && checksum == certificate.checksum(number, sequence, &names, &policies);
        if !intact {
            return Err(damaged());
        }
        Ok(StoredCertificate { certificate, fingerprint, number, sequence })
    }

    /// Names and modules as they lie in a row.
    fn lists(&self) -> (String, String) {
        let names = serde_json::to_string(&self.names).expect("text has a JSON form");
        (names, serde_json::to_string(&self.policies).expect("modules have a JSON form"))
    }

    fn checksum_of_row(&self, number: i64, sequence: i64) -> Digest {
        let (names, policies) = self.lists();
        self.checksum(number, sequence, &names, &policies)
    }

    fn checksum(&self, number: i64, sequence: i64, names: &str, policies: &str) -> Digest {
        let numbers = [
            number,
            sequence,
            self.validity.not_before.as_unix(),
            self.validity.not_after.as_unix(),
            self.first_issued.as_unix(),
            i64::from(self.renewals),
        ];
        Digest::of_fields(&[
            self.serial_number.as_bytes(),
            &self.der,
            self.provisioner.as_bytes(),
            self.credential_id.as_bytes(),
            self.subject.as_bytes(),
            names.as_bytes(),
            self.operation.as_str().as_bytes(),
            self.previous.as_ref().map_or(&[][..], |serial| serial.as_bytes()),
            policies.as_bytes(),
            numbers.map(i64::to_be_bytes).as_flattened(),
        ])
    }
}

/// A certificate and its place in the store.
pub(super) struct StoredCertificate {
    pub(super) certificate: CertificateRecord,
    pub(super) fingerprint: Digest,
    pub(super) number: i64,
    pub(super) sequence: i64,
}

impl StoredCertificate {
    const FORGET: &'static str = "UPDATE certificates SET der = x'', checksum = ?2 WHERE number = ?1";

    /// Drops the certificate itself from its record. Everything else stays, what it was issued for and by whom.
    pub(super) fn forget(mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.certificate.der.clear();
        let checksum = self.certificate.checksum_of_row(self.number, self.sequence);
        connection.prepare_cached(Self::FORGET)?.execute(params![self.number, checksum.as_bytes()])?;
        Ok(())
    }
}
