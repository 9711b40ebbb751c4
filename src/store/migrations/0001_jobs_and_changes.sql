-- Times are milliseconds since the Unix epoch. Nothing here is SQLite's alone.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- A logical job: one identity across runs.
CREATE TABLE jobs (
    cluster TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    ambiguous BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    -- when the row was last written with news of the job; an idle job is not written
    last_seen BIGINT NOT NULL,
    gone BIGINT,
    run TEXT NOT NULL,
    PRIMARY KEY (cluster, key)
);

-- One Flink job id.
CREATE TABLE runs (
    cluster TEXT NOT NULL,
    run TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT,
    plan_hash TEXT,
    -- the widest vertex; null: not known yet
    parallelism BIGINT,
    PRIMARY KEY (cluster, run),
    FOREIGN KEY (cluster, key) REFERENCES jobs (cluster, key) ON DELETE CASCADE
);
CREATE INDEX runs_of_job ON runs (cluster, key, start_at);

CREATE TABLE changes (
    -- by content, so that the same change is kept once
    id TEXT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    entity TEXT NOT NULL,
    kind TEXT NOT NULL,
    what TEXT,
    from_value TEXT,
    to_value TEXT
);
CREATE INDEX changes_by_seen ON changes (seen_ms);
CREATE INDEX changes_by_entity ON changes (entity, seen_ms);
