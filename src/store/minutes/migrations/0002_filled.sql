-- Days of a measure that a server was asked for which had watched before us: what it told is among
-- the minutes, and was not seen by us. A start anew goes on where the last one stood.
CREATE TABLE filled (
    cluster TEXT NOT NULL,
    name    TEXT NOT NULL,
    day     INTEGER NOT NULL,
    server  TEXT NOT NULL,
    series  INTEGER NOT NULL,
    minutes INTEGER NOT NULL,
    PRIMARY KEY (cluster, name, day)
) STRICT, WITHOUT ROWID;
