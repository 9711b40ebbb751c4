-- Digests of what is written together with a row of the log.
ALTER TABLE audit ADD COLUMN covers TEXT NOT NULL DEFAULT '';

CREATE TRIGGER looks_stay BEFORE UPDATE ON action_looks
BEGIN SELECT RAISE(ABORT, 'looks are only added to'); END;
CREATE TRIGGER looks_are_kept BEFORE DELETE ON action_looks
BEGIN SELECT RAISE(ABORT, 'looks are only added to'); END;
CREATE TRIGGER epochs_stay BEFORE UPDATE ON journal_epochs
BEGIN SELECT RAISE(ABORT, 'epochs are only added to'); END;
CREATE TRIGGER epochs_are_kept BEFORE DELETE ON journal_epochs
BEGIN SELECT RAISE(ABORT, 'epochs are only added to'); END;
CREATE TRIGGER playbooks_off_are_seen_once BEFORE UPDATE ON playbooks_off
WHEN OLD.seen IS NOT NULL OR NEW.seen IS NULL OR NEW.playbook <> OLD.playbook
BEGIN SELECT RAISE(ABORT, 'of a playbook that is off only who looked is filled in'); END;
CREATE TRIGGER playbooks_off_are_kept BEFORE DELETE ON playbooks_off
BEGIN SELECT RAISE(ABORT, 'playbooks that were off are kept'); END;
CREATE TRIGGER generations_count_up BEFORE UPDATE ON generations
WHEN NEW.generation < OLD.generation
BEGIN SELECT RAISE(ABORT, 'a generation never goes back'); END;
CREATE TRIGGER generations_are_kept BEFORE DELETE ON generations
BEGIN SELECT RAISE(ABORT, 'a generation never goes back'); END;
