-- Policy modules that were recalled: what they had a say in is not renewed. Rows are only ever added; the last one about a
-- module is in force.
CREATE TABLE recalls (
    number      INTEGER PRIMARY KEY,                          -- from 1, without a gap
    module      BLOB    NOT NULL CHECK (length(module) = 32), -- SHA-256 of its file
    is_barred   INTEGER NOT NULL CHECK (is_barred IN (0, 1)), -- 0: it was lifted
    time        INTEGER NOT NULL,                             -- Unix seconds
    reason      TEXT    NOT NULL,
    recalled_by TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,                             -- its line of the audit log
    checksum    BLOB    NOT NULL CHECK (length(checksum) = 32)
) STRICT;
