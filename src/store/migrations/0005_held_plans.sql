-- What would have been done and was not, by incident, job and playbook.
CREATE TABLE held_plans (
    incident TEXT NOT NULL,
    cluster TEXT NOT NULL,
    key TEXT NOT NULL,
    playbook TEXT NOT NULL,
    plan_hash TEXT NOT NULL,
    first_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    -- JSON
    report TEXT NOT NULL,
    PRIMARY KEY (incident, cluster, key, playbook)
);
CREATE INDEX held_plans_by_last ON held_plans (last_ms);
