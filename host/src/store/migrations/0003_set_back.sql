-- When the store was last found to be older than what had been seen of it: one row at most. Credentials from before
-- then may have been used without a trace, also after later starts.
CREATE TABLE set_back (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    found INTEGER NOT NULL                                    -- Unix seconds
) STRICT;
