-- Ends before their time, and the lists that tell of them.

-- Certificates that are revoked. Nothing is ever removed: revoked is revoked.
CREATE TABLE revocations (
    serial_number BLOB    PRIMARY KEY CHECK (length(serial_number) = 20),
    revoked_at    INTEGER NOT NULL,                           -- Unix seconds
    reason_code   INTEGER NOT NULL,                           -- RFC 5280 §5.3.1
    reason_text   TEXT    NOT NULL,
    provisioner   TEXT    NOT NULL,
    revoked_by    TEXT    NOT NULL,
    not_after     INTEGER NOT NULL,                           -- of the certificate, Unix seconds
    sequence      INTEGER NOT NULL,                           -- its line of the audit log
    checksum      BLOB    NOT NULL CHECK (length(checksum) = 32)
) STRICT, WITHOUT ROWID;

-- One row, rewritten when something is revoked or a list was made.
CREATE TABLE revocation_state (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    revoked     INTEGER NOT NULL,                             -- rows of revocations
    revoked_sum BLOB    NOT NULL CHECK (length(revoked_sum) = 32),
    list_number INTEGER NOT NULL,                             -- of the last list
    listed_at   INTEGER NOT NULL,                             -- when it was made, Unix seconds
    checksum    BLOB    NOT NULL CHECK (length(checksum) = 32)
) STRICT;
