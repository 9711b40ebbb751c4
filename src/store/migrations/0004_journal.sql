-- Who may write the journal: the highest epoch, taken anew by each process.
CREATE TABLE journal_epochs (
    epoch BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL
);

-- Counts up with every action and every change of a job that was not ours.
CREATE TABLE generations (
    cluster TEXT NOT NULL,
    key TEXT NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (cluster, key)
);

-- What was begun. Only the end is filled in later.
CREATE TABLE actions (
    id TEXT NOT NULL PRIMARY KEY,
    cluster TEXT NOT NULL,
    key TEXT NOT NULL,
    playbook TEXT NOT NULL,
    failure_domain TEXT NOT NULL,
    incident TEXT NOT NULL,
    generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    who TEXT NOT NULL,
    began BIGINT NOT NULL,
    -- JSON
    plan TEXT NOT NULL,
    plan_hash TEXT NOT NULL,
    ended BIGINT,
    -- JSON word and JSON
    end_kind TEXT,
    end_body TEXT
);
CREATE UNIQUE INDEX one_open_action_per_job ON actions (cluster, key) WHERE ended IS NULL;
CREATE INDEX actions_by_ended ON actions (ended);

CREATE TABLE action_entries (
    action TEXT NOT NULL,
    n BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    -- JSON
    body TEXT NOT NULL,
    PRIMARY KEY (action, n),
    FOREIGN KEY (action) REFERENCES actions (id)
);

-- A person has looked at what became of an action.
CREATE TABLE action_looks (
    action TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL,
    note TEXT NOT NULL,
    FOREIGN KEY (action) REFERENCES actions (id)
);
CREATE INDEX action_looks_by_action ON action_looks (action, at_ms);

-- A person's yes or no to a plan.
CREATE TABLE approvals (
    plan TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL,
    yes BIGINT NOT NULL
);
CREATE INDEX approvals_by_at ON approvals (at_ms);

CREATE TABLE kill_switches (
    id TEXT NOT NULL PRIMARY KEY,
    -- JSON
    scope TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    -- null: until somebody takes it back
    until_ms BIGINT,
    hard BIGINT NOT NULL,
    ended BIGINT,
    ended_by TEXT
);

-- Off since two actions of the playbook failed within a day, until a person has looked.
CREATE TABLE playbooks_off (
    playbook TEXT NOT NULL,
    since BIGINT NOT NULL,
    action TEXT NOT NULL,
    seen BIGINT,
    seen_by TEXT,
    note TEXT
);
CREATE UNIQUE INDEX one_playbook_off ON playbooks_off (playbook) WHERE seen IS NULL;

-- Who did what. Each row's hash is over itself and the hash of the row before it.
CREATE TABLE audit (
    n BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    -- JSON
    detail TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON action_entries
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON action_entries
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
CREATE TRIGGER actions_end_once BEFORE UPDATE ON actions
WHEN OLD.ended IS NOT NULL OR NEW.ended IS NULL OR NEW.id <> OLD.id OR NEW.plan <> OLD.plan
    OR NEW.cluster <> OLD.cluster OR NEW.key <> OLD.key OR NEW.generation <> OLD.generation
BEGIN SELECT RAISE(ABORT, 'of an action only the end is filled in'); END;
CREATE TRIGGER actions_are_kept BEFORE DELETE ON actions
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
CREATE TRIGGER switches_end_once BEFORE UPDATE ON kill_switches
WHEN OLD.ended IS NOT NULL OR NEW.ended IS NULL OR NEW.scope <> OLD.scope
BEGIN SELECT RAISE(ABORT, 'of a kill switch only the end is filled in'); END;
CREATE TRIGGER switches_are_kept BEFORE DELETE ON kill_switches
BEGIN SELECT RAISE(ABORT, 'kill switches are kept'); END;
CREATE TRIGGER approvals_stay BEFORE UPDATE ON approvals
BEGIN SELECT RAISE(ABORT, 'approvals are only added to'); END;
CREATE TRIGGER approvals_are_kept BEFORE DELETE ON approvals
BEGIN SELECT RAISE(ABORT, 'approvals are only added to'); END;
