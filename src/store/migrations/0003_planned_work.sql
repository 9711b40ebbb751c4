-- Work that somebody announced. Rows are only added; what ended early gets who ended it.
CREATE TABLE planned_work (
    id TEXT NOT NULL PRIMARY KEY,
    -- JSON: the estate, a cluster, a job or a topic
    scope TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    made BIGINT NOT NULL,
    -- null: it lasts until its time
    ended BIGINT,
    ended_by TEXT
);
CREATE INDEX planned_work_by_until ON planned_work (until_ms);

-- Open incidents of which something was not told because of such work.
CREATE TABLE hushed (
    incident TEXT NOT NULL PRIMARY KEY,
    -- opened | revised
    kind TEXT NOT NULL,
    FOREIGN KEY (incident) REFERENCES incidents (id) ON DELETE CASCADE
);
