-- What a decision was made with, and whether what it was made from is what was written.

-- Over all the columns of the row; nothing in rows that are older than this step.
ALTER TABLE decisions ADD COLUMN checksum BLOB CHECK (length(checksum) = 32);

-- Policy modules as they were loaded, each once, for as long as there are decisions they may have had a say in.
CREATE TABLE modules (
    number    INTEGER PRIMARY KEY,
    digest    BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32), -- SHA-256 of the component
    component BLOB    NOT NULL,
    retired   INTEGER                                             -- the last line of the audit log when it was replaced
) STRICT;

-- Which of them each configuration was served with last.
CREATE TABLE module_uses (
    configuration BLOB NOT NULL CHECK (length(configuration) = 32),
    name          TEXT NOT NULL,                                  -- as the configuration names it
    module        BLOB NOT NULL CHECK (length(module) = 32),
    PRIMARY KEY (configuration, name)
) STRICT, WITHOUT ROWID;
