//! The store as a stranger reads it: with SQL, past the code that wrote it.

use std::path::Path;

use authority::Certificate;
use rusqlite::{Connection, OpenFlags, Row};
use step_ca::audit::{Digest, Entry, Head, Link, Outcome, verify};

/// Everything that is on record.
pub struct Records {
    /// The certificates in the order of issuance.
    pub certificates: Vec<Record>,
    /// The audit log, whose chain has been followed to its end.
    pub audit: Vec<Entry>,
    /// How many credentials are spent.
    pub spent: i64,
}

/// A certificate on record.
pub struct Record {
    /// The certificate.
    pub certificate: Certificate,
    /// Who authorized it; empty when nobody did.
    pub provisioner: String,
    /// Who the client is.
    pub subject: String,
    /// How it came about.
    pub operation: String,
    /// Renewals before it.
    pub renewals: u32,
}

impl Records {
    /// Reads the store in this file, open or not.
    #[track_caller]
    pub fn read(store: &Path) -> Self {
        Self::query(store).unwrap_or_else(|error| panic!("{}: {error}", store.display()))
    }

    fn query(store: &Path) -> rusqlite::Result<Self> {
        let database = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // One snapshot for all of it.
        let database = database.unchecked_transaction()?;
        let spent = database.query_row("SELECT count(*) FROM spent", [], |row| row.get(0))?;
        let mut select = database.prepare("SELECT * FROM certificates ORDER BY number")?;
        let certificates = select.query_map([], Record::from_row)?.collect::<Result<_, _>>()?;
        Ok(Self { certificates, audit: audit(&database)?, spent })
    }

    /// The entries with this outcome.
    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = &Entry> {
        self.audit.iter().filter(move |entry| entry.outcome == outcome)
    }

    /// The entry of a decision, which clients are told.
    pub fn decision(&self, id: &str) -> Option<&Entry> {
        self.audit.iter().find(|entry| entry.id == id)
    }

    /// Whether this very certificate is on record.
    pub fn has(&self, certificate: &Certificate) -> bool {
        self.certificates.iter().any(|record| record.certificate.der() == certificate.der())
    }
}

impl Record {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let der: Vec<u8> = row.get("der")?;
        Ok(Self {
            certificate: Certificate::from_der(&der).expect("a certificate on record is one"),
            provisioner: row.get("provisioner")?,
            subject: row.get("subject")?,
            operation: row.get("operation")?,
            renewals: row.get("renewals")?,
        })
    }
}

fn audit(database: &Connection) -> rusqlite::Result<Vec<Entry>> {
    let (log, end) = database.query_row("SELECT log, sequence, hash FROM state", [], |row| {
        let (sequence, hash): (i64, _) = (row.get("sequence")?, row.get("hash")?);
        Ok((row.get("log")?, Head { sequence: sequence.cast_unsigned(), hash: Digest::from_bytes(hash) }))
    })?;
    let mut select = database.prepare("SELECT sequence, line, hash FROM audit ORDER BY sequence")?;
    let link = |row: &Row<'_>| {
        let sequence: i64 = row.get(0)?;
        Ok(Link { sequence: sequence.cast_unsigned(), line: row.get(1)?, hash: Digest::from_bytes(row.get(2)?) })
    };
    let links: Vec<Link> = select.query_map([], link)?.collect::<Result<_, _>>()?;
    verify(&log, &links, end).expect("the audit chain verifies from its first line to its head");
    let parse = |link: &Link| Entry::parse(&link.line).expect("a line of the audit log is an entry").1;
    Ok(links.iter().map(parse).collect())
}
