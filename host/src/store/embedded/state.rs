//! The store's own row: where the audit log ends, and sums over what must not get lost.

use authority::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::revocations::Revocations;
use crate::{
    audit::{Digest, Head},
    store::error::{Damage, StoreError},
};

/// The row of table `state`. The writer has it in memory; a transaction writes it back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct State {
    pub(super) log: [u8; 16],
    pub(super) created: Timestamp,
    pub(super) head: Head,
    pub(super) newest: Timestamp,
    /// Certificates are numbered from 1 without a gap.
    pub(super) certificates: i64,
    pub(super) spent: SetSum,
    pub(super) watermark: Timestamp,
    pub(super) openings: i64,
    /// When it was last found to be older than what had been seen of it.
    pub(super) set_back: Option<Timestamp>,
    pub(super) revocations: Revocations,
}

impl State {
    /// Of a store without anything in it.
    pub(super) fn new(log: [u8; 16], now: Timestamp) -> Self {
        Self {
            log,
            created: now,
            head: Head::genesis(&log),
            newest: now,
            certificates: 0,
            spent: SetSum::default(),
            watermark: Timestamp::from_unix(i64::MIN),
            openings: 0,
            set_back: None,
            revocations: Revocations::default(),
        }
    }

    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached("SELECT found FROM set_back WHERE id = 1")?;
        let set_back = statement.query_row([], |row| row.get(0)).optional()?.map(Timestamp::from_unix);
        let mut statement = connection.prepare_cached("SELECT * FROM state WHERE id = 1")?;
        let state = statement.query_row([], |row| Self::from_row(row, set_back)).optional()?;
        let state = state.flatten().ok_or(StoreError::Damaged(Damage::State))?;
        Ok(Self { revocations: Revocations::read(connection)?, ..state })
    }

    fn from_row(row: &Row<'_>, set_back: Option<Timestamp>) -> rusqlite::Result<Option<Self>> {
        let number = |name: &str| row.get::<_, i64>(name);
        let sequence = u64::try_from(number("sequence")?);
        let Ok(sequence) = sequence else { return Ok(None) };
        let state = Self {
            log: row.get("log")?,
            created: Timestamp::from_unix(number("created")?),
            head: Head { sequence, hash: Digest::from_bytes(row.get("hash")?) },
            newest: Timestamp::from_unix(number("newest")?),
            certificates: number("certificates")?,
            spent: SetSum { rows: number("spent")?, sum: row.get("spent_sum")? },
            watermark: Timestamp::from_unix(number("watermark")?),
            openings: number("openings")?,
            set_back,
            revocations: Revocations::default(),
        };
        Ok((Digest::from_bytes(row.get("checksum")?) == state.checksum()).then_some(state))
    }

    /// Writes the row. What is kept of revocations has a row of its own.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "INSERT OR REPLACE INTO state (id, log, created, sequence, hash, newest, certificates, spent, spent_sum, \
             watermark, openings, checksum) VALUES (1, :log, :created, :sequence, :hash, :newest, :certificates, \
             :spent, :spent_sum, :watermark, :openings, :checksum)",
        )?;
        statement.execute(named_params! {
            ":log": self.log,
            ":created": self.created.as_unix(),
            ":sequence": self.head.sequence.cast_signed(),
            ":hash": self.head.hash.as_bytes(),
            ":newest": self.newest.as_unix(),
            ":certificates": self.certificates,
            ":spent": self.spent.rows,
            ":spent_sum": self.spent.sum,
            ":watermark": self.watermark.as_unix(),
            ":openings": self.openings,
            ":checksum": self.checksum().as_bytes(),
        })?;
        if let Some(found) = self.set_back {
            connection.prepare_cached(Self::SET_BACK)?.execute([found.as_unix()])?;
        }
        Ok(())
    }

    /// Touches no page when the row is there already.
    const SET_BACK: &'static str = "INSERT INTO set_back (id, found) VALUES (1, ?1) \
         ON CONFLICT (id) DO UPDATE SET found = excluded.found WHERE found <> excluded.found";

    fn checksum(&self) -> Digest {
        let numbers = [
            self.created.as_unix(),
            self.head.sequence.cast_signed(),
            self.newest.as_unix(),
            self.certificates,
            self.spent.rows,
            self.watermark.as_unix(),
            self.openings,
        ];
        Digest::of_fields(&[
            &self.log,
            self.head.hash.as_bytes(),
            &self.spent.sum,
            numbers.map(i64::to_be_bytes).as_flattened(),
            self.set_back.map(|found| found.as_unix().to_be_bytes()).as_slice().as_flattened(),
        ])
    }
}

/// A sum over a set, such as the spent credentials, that does not depend on its order.
///
/// It finds accidents: a flipped bit, a lost page. Whoever can write the file can compute it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct SetSum {
    pub(super) rows: i64,
    pub(super) sum: [u8; 32],
}

impl SetSum {
    pub(super) fn add(&mut self, element: &Digest, time: Timestamp) {
        self.rows += 1;
        self.toggle(element, time);
    }

    pub(super) fn remove(&mut self, element: &Digest, time: Timestamp) {
        self.rows -= 1;
        self.toggle(element, time);
    }

    fn toggle(&mut self, element: &Digest, time: Timestamp) {
        let row = Digest::of(&[element.as_bytes(), &time.as_unix().to_be_bytes()]);
        for (sum, octet) in self.sum.iter_mut().zip(row.as_bytes()) {
            *sum ^= octet;
        }
    }
}
