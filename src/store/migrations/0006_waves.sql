-- It starts a job that is down: such actions of one root go in waves.
ALTER TABLE actions ADD COLUMN resumes BIGINT NOT NULL DEFAULT 0;
