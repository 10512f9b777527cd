//! What came of the certificates that a module had a say in.
//!
//! A renewal is decided by the modules of its own day, and its record has those alone. So it is not enough to ask which
//! records have the module: whoever has a certificate because of it may have renewed that ever since, under others.

use std::collections::HashSet;

use authority::{SerialNumber, Timestamp};
use rusqlite::{Connection, params};

use super::certificates;
use crate::{
    audit::Digest,
    store::{
        CertificateQuery, Dossier, Page, Standing,
        error::{Damage, StoreError},
    },
};

/// Certificates that a module had a say in and all that replaced them, as far as they end at `usable_at` or later and are
/// not revoked; newest first. Those in between that have ended or are revoked hide nothing.
///
/// The whole table is read once. Only what is found is held. Run it in a transaction, so that nothing moves meanwhile.
pub(super) fn usable(
    connection: &Connection,
    module: &Digest,
    usable_at: Timestamp,
) -> Result<Vec<Dossier>, StoreError> {
    let standing = Some(Standing::Live { now: usable_at });
    let mut usable = Vec::new();
    for serial_number in descendants(connection, module)?.into_iter().rev() {
        let query = CertificateQuery { serial_number: Some(serial_number), standing, ..CertificateQuery::default() };
        usable.extend(certificates::list(connection, &query, Page { before: None, limit: 1 })?.certificates);
    }
    Ok(usable)
}

/// All of them, whatever has become of them, oldest first.
fn descendants(connection: &Connection, module: &Digest) -> Result<Vec<SerialNumber>, StoreError> {
    // What replaces a certificate was recorded after it, so that one look at each is enough.
    let mut select = connection
        .prepare("SELECT number, serial_number, previous, instr(policies, ?1) > 0 FROM certificates ORDER BY number")?;
    let mut rows = select.query(params![certificates::in_policies(module)])?;
    let (mut descendants, mut known) = (Vec::new(), HashSet::new());
    while let Some(row) = rows.next()? {
        let previous: Option<[u8; SerialNumber::OCTETS]> = row.get(2)?;
        if row.get(3)? || previous.is_some_and(|previous| known.contains(&previous)) {
            let (number, octets): (i64, [u8; SerialNumber::OCTETS]) = (row.get(0)?, row.get(1)?);
            let damaged = |_| StoreError::Damaged(Damage::Certificate { number });
            descendants.push(SerialNumber::from_bytes(&octets).map_err(damaged)?);
            known.insert(octets);
        }
    }
    Ok(descendants)
}
