-- Reports of inspections, each whole and compressed; what a list tells stands beside.
CREATE TABLE inspections (
    at_ms BIGINT NOT NULL PRIMARY KEY,
    -- for which time it was made, once; null: somebody asked for it
    due_ms BIGINT UNIQUE,
    -- JSON
    head TEXT NOT NULL,
    -- JSON, gzip
    body BLOB NOT NULL
);

-- The time that was answered for last: what is due before it is not made any more.
CREATE TABLE inspections_due (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    due_ms BIGINT NOT NULL
);

-- Risks that somebody has taken. Rows are only added; what was taken back gets who did.
CREATE TABLE waivers (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    made BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    ended BIGINT,
    ended_by TEXT
);
CREATE INDEX waivers_by_until ON waivers (until_ms);
