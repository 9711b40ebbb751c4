-- One measure of one subject. Numbers are never given out again.
CREATE TABLE series (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    subject  TEXT NOT NULL,
    name     TEXT NOT NULL,
    -- the last day on which something was kept of it
    last_day INTEGER NOT NULL,
    UNIQUE (subject, name)
) STRICT;

-- Minutes of blocks that are not over: all values of one minute together.
CREATE TABLE fresh (
    minute INTEGER PRIMARY KEY,
    points BLOB NOT NULL
) STRICT;

-- Two hours of one series. The oldest stand together, so that they go together.
CREATE TABLE blocks (
    start  INTEGER NOT NULL,
    series INTEGER NOT NULL,
    points BLOB NOT NULL,
    PRIMARY KEY (start, series)
) STRICT, WITHOUT ROWID;

-- A day (UTC) of one series, folded by the hour.
CREATE TABLE hours (
    day    INTEGER NOT NULL,
    series INTEGER NOT NULL,
    hours  BLOB NOT NULL,
    PRIMARY KEY (day, series)
) STRICT, WITHOUT ROWID;

-- What went, by the day on which it went.
CREATE TABLE dropped (
    day    INTEGER NOT NULL,
    why    TEXT NOT NULL CHECK (why IN ('age', 'cap')),
    blocks INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    PRIMARY KEY (day, why)
) STRICT, WITHOUT ROWID;
