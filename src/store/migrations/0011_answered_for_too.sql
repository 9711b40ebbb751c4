-- Announced work and silences are kept, as whatever the audit log answers for.
CREATE TRIGGER planned_work_ends_once BEFORE UPDATE ON planned_work
WHEN OLD.ended IS NOT NULL OR NEW.ended IS NULL OR NEW.scope <> OLD.scope
    OR NEW.from_ms <> OLD.from_ms OR NEW.until_ms <> OLD.until_ms
BEGIN SELECT RAISE(ABORT, 'of planned work only the end is filled in'); END;
CREATE TRIGGER planned_work_is_kept BEFORE DELETE ON planned_work
BEGIN SELECT RAISE(ABORT, 'planned work is kept'); END;

-- Which yes or no came last: rows without a primary key may be moved. 0: from before.
ALTER TABLE approvals ADD COLUMN nth BIGINT NOT NULL DEFAULT 0;
