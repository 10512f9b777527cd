-- Certificates that were revoked for another reason before their key was found to be compromised (RFC 5280 §5.3.1). The
-- first row stays as it is, and says since when; this one says why, and which key is never certified again. Nothing is
-- ever removed. The sum in revocation_state is over the rows of both tables.
CREATE TABLE compromises (
    serial_number   BLOB    PRIMARY KEY CHECK (length(serial_number) = 20),
    revoked_at      INTEGER NOT NULL,                         -- when this was recorded, Unix seconds
    reason_code     INTEGER NOT NULL,                         -- RFC 5280 §5.3.1: keyCompromise
    reason_text     TEXT    NOT NULL,
    provisioner     TEXT    NOT NULL,
    revoked_by      TEXT    NOT NULL,
    not_after       INTEGER NOT NULL,                         -- of the certificate, Unix seconds
    compromised_key BLOB    NOT NULL CHECK (length(compromised_key) = 32),
    sequence        INTEGER NOT NULL,                         -- its line of the audit log
    checksum        BLOB    NOT NULL CHECK (length(checksum) = 32)
) STRICT, WITHOUT ROWID;

CREATE INDEX compromises_by_key ON compromises (compromised_key);
