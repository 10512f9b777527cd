-- What it takes to decide again: what each decision was made from, and the configurations it was made with.

-- Configurations without their secrets, each once.
CREATE TABLE configurations (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),  -- SHA-256 of the text
    text   TEXT NOT NULL
) STRICT;

-- One row a decision, as long as it is kept. What the audit log says is not said again.
CREATE TABLE decisions (
    sequence      INTEGER PRIMARY KEY,                        -- its line of the audit log
    id            TEXT    NOT NULL,                           -- as in that line
    time          INTEGER NOT NULL,                           -- Unix seconds
    configuration BLOB    NOT NULL CHECK (length(configuration) = 32),
    token         TEXT,                                       -- a JWT without its signature
    request       BLOB,                                       -- certification request, DER
    presented     BLOB,                                       -- certificates, DER, each behind its length
    facts         TEXT    NOT NULL                            -- JSON: times asked for, what the world answered
) STRICT;
