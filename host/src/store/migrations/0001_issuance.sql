-- What one issuance leaves behind. All of it is written in one transaction.

-- The state of the store: one row, rewritten by every transaction.
CREATE TABLE state (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    log          BLOB    NOT NULL CHECK (length(log) = 16),   -- identifier of this store's audit log
    created      INTEGER NOT NULL,                            -- Unix seconds
    sequence     INTEGER NOT NULL,                            -- last line of the audit log
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),  -- its hash
    newest       INTEGER NOT NULL,                            -- Unix seconds of the newest line
    certificates INTEGER NOT NULL,                            -- number of the last certificate
    spent        INTEGER NOT NULL,                            -- rows of spent
    spent_sum    BLOB    NOT NULL CHECK (length(spent_sum) = 32),
    watermark    INTEGER NOT NULL,                            -- credentials that expired until then are forgotten
    openings     INTEGER NOT NULL,
    checksum     BLOB    NOT NULL CHECK (length(checksum) = 32)
) STRICT;

-- Credentials that have been used. The key decides who was first.
CREATE TABLE spent (
    credential BLOB    PRIMARY KEY CHECK (length(credential) = 32),
    expires    INTEGER NOT NULL                               -- Unix seconds, leeway included
) STRICT, WITHOUT ROWID;

CREATE INDEX spent_by_expiry ON spent (expires);

-- Every certificate a client may hold. Rows are large, so the table has a rowid: inserts append.
CREATE TABLE certificates (
    number        INTEGER PRIMARY KEY,
    serial_number BLOB    NOT NULL UNIQUE CHECK (length(serial_number) = 20),
    der           BLOB    NOT NULL,
    fingerprint   BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    provisioner   TEXT    NOT NULL,
    credential_id TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    names         TEXT    NOT NULL,                           -- JSON array
    not_before    INTEGER NOT NULL,
    not_after     INTEGER NOT NULL,
    operation     TEXT    NOT NULL,
    previous      BLOB,                                       -- serial number of the renewed one
    first_issued  INTEGER NOT NULL,
    renewals      INTEGER NOT NULL,
    policies      TEXT    NOT NULL,                           -- JSON array of name and sha256
    sequence      INTEGER NOT NULL,                           -- its line of the audit log
    checksum      BLOB    NOT NULL CHECK (length(checksum) = 32)
) STRICT;

-- Eight octets tell fingerprints apart well enough, and keep the index small.
CREATE INDEX certificates_by_fingerprint ON certificates (substr(fingerprint, 1, 8));

-- The audit log: hash = SHA-256(hash of the line before, line).
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    line     TEXT NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What provisioners' modules keep.
CREATE TABLE provisioner_data (
    number      INTEGER PRIMARY KEY,
    provisioner TEXT NOT NULL,
    key         TEXT NOT NULL,
    value       BLOB NOT NULL,
    checksum    BLOB NOT NULL CHECK (length(checksum) = 32),
    UNIQUE (provisioner, key)
) STRICT;
