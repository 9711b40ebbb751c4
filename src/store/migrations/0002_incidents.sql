-- An incident as it stands, with what lists search in.
CREATE TABLE incidents (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    onset BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    closed BIGINT,
    -- one word per line, a line before the first and after the last
    jobs TEXT NOT NULL,
    causes TEXT NOT NULL,
    -- small letters
    words TEXT NOT NULL,
    -- JSON
    body TEXT NOT NULL
);
CREATE INDEX incidents_by_closed ON incidents (closed);

-- What happened to it; rows are only added.
CREATE TABLE incident_events (
    incident TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    -- among those of one moment
    nth BIGINT NOT NULL,
    -- JSON
    body TEXT NOT NULL,
    PRIMARY KEY (incident, at_ms, nth),
    FOREIGN KEY (incident) REFERENCES incidents (id) ON DELETE CASCADE
);

CREATE TABLE acks (
    incident TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    -- JSON: who, and what they said
    body TEXT NOT NULL,
    FOREIGN KEY (incident) REFERENCES incidents (id) ON DELETE CASCADE
);
CREATE INDEX acks_by_incident ON acks (incident, at_ms);

CREATE TABLE corrections (
    incident TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    -- JSON: who, right or wrong, and why
    body TEXT NOT NULL,
    FOREIGN KEY (incident) REFERENCES incidents (id) ON DELETE CASCADE
);
CREATE INDEX corrections_by_incident ON corrections (incident, at_ms);

-- Messages to be sent, in the order of nth, and those that were sent not long ago.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    nth BIGINT NOT NULL,
    incident TEXT NOT NULL,
    kind TEXT NOT NULL,
    made BIGINT NOT NULL,
    -- JSON
    body TEXT NOT NULL,
    tries BIGINT NOT NULL,
    -- not before this
    due BIGINT NOT NULL,
    -- null: not yet
    done BIGINT,
    -- it went out by itself, not summed up in another and not given up
    sent BIGINT NOT NULL
);
CREATE INDEX outbox_by_done ON outbox (done, nth);
