-- What policies have consumed and is not expired: so much each of them may have. That it was used stands in spent, as
-- before; what was consumed before this step does not count.

CREATE TABLE consumed (
    space      TEXT    NOT NULL,                              -- of one policy in one provisioner
    expires    INTEGER NOT NULL,                              -- Unix seconds
    credential BLOB    NOT NULL CHECK (length(credential) = 32),
    PRIMARY KEY (space, expires, credential)
) STRICT, WITHOUT ROWID;

-- How many rows of consumed each space has: counting them would take longer the more there are.
CREATE TABLE consumed_counts (
    space TEXT    PRIMARY KEY,
    keys  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
