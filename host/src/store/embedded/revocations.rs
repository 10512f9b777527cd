//! Certificates that are revoked, and the lists that tell of them.

use std::collections::HashMap;

use authority::{RevokedCertificate, SerialNumber, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::state::SetSum;
use crate::{
    audit::Digest,
    limits,
    store::{
        ListBasis, RevocationRecord,
        error::{Damage, StoreError},
        revocation::StoredRevocation,
    },
};

/// The row of table `revocation_state`: a part of the store's state that is written only when it has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Revocations {
    pub(super) revoked: SetSum,
    list_number: i64,
    listed_at: Timestamp,
}

impl Default for Revocations {
    fn default() -> Self {
        Self { revoked: SetSum::default(), list_number: 0, listed_at: Timestamp::from_unix(i64::MIN) }
    }
}

impl Revocations {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached("SELECT * FROM revocation_state WHERE id = 1")?;
        let state = statement.query_row([], Self::from_row).optional()?;
        state.flatten().ok_or(StoreError::Damaged(Damage::Revocations))
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let state = Self {
            revoked: SetSum { rows: row.get("revoked")?, sum: row.get("revoked_sum")? },
            list_number: row.get("list_number")?,
            listed_at: Timestamp::from_unix(row.get("listed_at")?),
        };
        Ok((Digest::from_bytes(row.get("checksum")?) == state.checksum()).then_some(state))
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "INSERT OR REPLACE INTO revocation_state (id, revoked, revoked_sum, list_number, listed_at, checksum) \
             VALUES (1, :revoked, :revoked_sum, :list_number, :listed_at, :checksum)",
        )?;
        statement.execute(named_params! {
            ":revoked": self.revoked.rows,
            ":revoked_sum": self.revoked.sum,
            ":list_number": self.list_number,
            ":listed_at": self.listed_at.as_unix(),
            ":checksum": self.checksum().as_bytes(),
        })?;
        Ok(())
    }

    fn checksum(&self) -> Digest {
        let numbers = [self.revoked.rows, self.list_number, self.listed_at.as_unix()];
        Digest::of_fields(&[&self.revoked.sum, numbers.map(i64::to_be_bytes).as_flattened()])
    }

    /// Takes note of a revocation.
    pub(super) fn revoked(&mut self, row: &Digest, at: Timestamp) {
        self.revoked.add(row, at);
        // The last list does not show it, whatever the clock was when that was made.
        self.listed_at = self.listed_at.min(at);
    }

    /// Takes note of a list that was made; false when its number is not above the last.
    pub(super) fn listed(&mut self, number: u64, made_at: Timestamp) -> bool {
        match i64::try_from(number) {
            Ok(number) if number > self.list_number => {
                (self.list_number, self.listed_at) = (number, made_at);
                true
            }
            _ => false,
        }
    }

    /// Above the last number, and above those of a store that was restored from a backup: a list is not made more
    /// often than once a second for long.
    fn next_number(&self, now: Timestamp) -> u64 {
        self.list_number.saturating_add(1).max(now.as_unix()).unsigned_abs()
    }

    /// What has ended before then has stood in a list that was made after its end (RFC 5280 §3.3). A clock that was
    /// ahead for a while makes no difference: the earlier of the last list and now counts.
    fn listed_until(&self, now: Timestamp) -> Timestamp {
        self.listed_at.min(now).saturating_sub(limits::REVOKED_MARGIN)
    }
}

/// The revocation of a certificate.
pub(super) fn find(
    connection: &Connection,
    serial_number: &SerialNumber,
) -> Result<Option<RevocationRecord>, StoreError> {
    let Some(first) = find_in(connection, RevocationRecord::SELECT, serial_number)? else { return Ok(None) };
    if first.compromised_key.is_some() {
        return Ok(Some(first));
    }
    let compromise = find_in(connection, RevocationRecord::SELECT_COMPROMISE, serial_number)?;
    Ok(Some(match compromise {
        Some(compromise) => first.found_compromised(compromise),
        None => first,
    }))
}

fn find_in(
    connection: &Connection,
    select: &str,
    serial_number: &SerialNumber,
) -> Result<Option<RevocationRecord>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{select} WHERE serial_number = ?1"))?;
    let mut rows = statement.query([serial_number.as_bytes()])?;
    let found = rows.next()?.map(RevocationRecord::from_row).transpose()?;
    Ok(found.map(|StoredRevocation { revocation, .. }| revocation))
}

/// Whether a certificate with this key was revoked because the key was compromised.
pub(super) fn is_compromised(connection: &Connection, key: &Digest) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM revocations WHERE compromised_key = ?1 \
         UNION ALL SELECT 1 FROM compromises WHERE compromised_key = ?1",
    )?;
    Ok(statement.exists([key.as_bytes()])?)
}

/// What the next list is made from. Run it in a transaction, so that nothing moves meanwhile.
pub(super) fn next_list(connection: &Connection, now: Timestamp) -> Result<ListBasis, StoreError> {
    let state = Revocations::read(connection)?;
    let mut compromises = compromises(connection)?;
    // One that had left the list comes back when there is something new about it.
    let sql = format!(
        "{} WHERE max(not_after, revoked_at) >= ?1 \
         OR serial_number IN (SELECT serial_number FROM compromises WHERE revoked_at >= ?1) ORDER BY serial_number",
        RevocationRecord::SELECT
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([state.listed_until(now).as_unix()])?;
    let mut revoked: Vec<RevokedCertificate> = Vec::new();
    while let Some(row) = rows.next()? {
        let first = RevocationRecord::from_row(row)?.revocation;
        let record = match compromises.remove(first.serial_number.as_bytes()) {
            Some(compromise) => first.found_compromised(compromise),
            None => first,
        };
        revoked.push(record.into());
    }
    Ok(ListBasis { number: state.next_number(now), revoked })
}

/// What was found out after a certificate was revoked, by its serial number: rarely anything.
fn compromises(connection: &Connection) -> Result<HashMap<[u8; SerialNumber::OCTETS], RevocationRecord>, StoreError> {
    let mut statement = connection.prepare_cached(RevocationRecord::SELECT_COMPROMISE)?;
    let mut rows = statement.query([])?;
    let mut compromises = HashMap::new();
    while let Some(row) = rows.next()? {
        let record = RevocationRecord::from_row(row)?.revocation;
        compromises.insert(*record.serial_number.as_bytes(), record);
    }
    Ok(compromises)
}

/// Reads every revocation and compares them with their sum; tells each to `see`. How many certificates are revoked.
pub(super) fn check(
    connection: &Connection,
    expected: &Revocations,
    mut see: impl FnMut(&StoredRevocation) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    let mut found = SetSum::default();
    let mut count = 0;
    for select in [RevocationRecord::SELECT, RevocationRecord::SELECT_COMPROMISE] {
        let is_first = select == RevocationRecord::SELECT;
        let mut statement = connection.prepare(select)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let stored = RevocationRecord::from_row(row)?;
            found.add(&stored.checksum, stored.revocation.revoked_at);
            count += u64::from(is_first);
            // An index that has lost it would let it pass.
            if let Some(key) = &stored.revocation.compromised_key
                && !is_compromised(connection, key)?
            {
                return Err(Damage::Revocations.into());
            }
            // A key is found to be compromised of a certificate that is revoked.
            if !is_first && find(connection, &stored.revocation.serial_number)?.is_none() {
                return Err(Damage::Revocations.into());
            }
            see(&stored)?;
        }
    }
    if found == expected.revoked { Ok(count) } else { Err(Damage::Revocations.into()) }
}
