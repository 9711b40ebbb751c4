-- What a plan needs of a job whose JobManager lost it: a row for each part, when it was last told.
CREATE TABLE remembered_jobs (
    cluster TEXT NOT NULL,
    key TEXT NOT NULL,
    part TEXT NOT NULL,
    seen_ms BIGINT NOT NULL,
    -- JSON
    body TEXT NOT NULL,
    PRIMARY KEY (cluster, key, part)
);
