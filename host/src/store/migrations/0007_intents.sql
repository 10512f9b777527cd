-- Certificates that a signer elsewhere (a token, an HSM) was about to be asked for. A row goes with the transaction that
-- records its certificate, or when it is known that there is none; one that stays may stand for a certificate nobody here
-- has seen.
CREATE TABLE intents (
    serial_number BLOB    PRIMARY KEY CHECK (length(serial_number) = 20),
    names         TEXT    NOT NULL,                           -- JSON array
    provisioner   TEXT    NOT NULL,
    time          INTEGER NOT NULL                            -- Unix seconds
) STRICT, WITHOUT ROWID;
