//! Which certificates there are because of a module.
//!
//! A renewal is decided by the modules of its own day, and its record has those alone. So it is not enough to ask whether
//! a record has the module: whoever has a certificate because of it may have renewed that ever since, under others.

use authority::SerialNumber;
use rusqlite::{Connection, OptionalExtension};

use super::certificates::in_policies;
use crate::{
    audit::Digest,
    store::error::{Damage, StoreError},
};

/// Looks at certificates and at those they have replaced, back to the first of each.
pub(super) struct Descent<'c> {
    connection: &'c Connection,
    modules: Vec<(Digest, String)>,
    looks: u64,
    /// For one certificate.
    most: u64,
}

impl<'c> Descent<'c> {
    /// For these modules.
    pub(super) fn of(connection: &'c Connection, modules: &[Digest]) -> Self {
        let modules = modules.iter().map(|module| (*module, in_policies(module))).collect();
        Self { connection, modules, looks: 0, most: u64::MAX }
    }

    /// No certificate is followed over more than so many, itself among them.
    pub(super) fn within(self, most: u64) -> Self {
        Self { most, ..self }
    }

    /// The module that had a say in the certificate, or in the latest of those before it. Nothing of one that is not on
    /// record; [`StoreError::TooManyRenewals`] when there are more to look at than may be.
    pub(super) fn find(&mut self, serial_number: &SerialNumber) -> Result<Option<Digest>, StoreError> {
        const SELECT: &str = "SELECT number, previous, policies FROM certificates WHERE serial_number = ?1";
        let mut statement = self.connection.prepare_cached(SELECT)?;
        let (mut octets, mut above) = (*serial_number.as_bytes(), i64::MAX);
        let end = self.looks.saturating_add(self.most);
        loop {
            if self.looks >= end {
                return Err(StoreError::TooManyRenewals);
            }
            self.looks += 1;
            let row = statement.query_row([octets], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            let found: Option<(i64, Option<[u8; SerialNumber::OCTETS]>, String)> = row.optional()?;
            let Some((number, previous, policies)) = found else { return Ok(None) };
            if let Some((module, _)) = self.modules.iter().find(|(_, text)| policies.contains(text.as_str())) {
                return Ok(Some(*module));
            }
            // What replaces a certificate was recorded after it.
            if number >= above {
                return Err(Damage::Certificate { number }.into());
            }
            above = number;
            let Some(previous) = previous else { return Ok(None) };
            octets = previous;
        }
    }

    /// How many records were looked at.
    pub(super) fn looks(&self) -> u64 {
        self.looks
    }
}
