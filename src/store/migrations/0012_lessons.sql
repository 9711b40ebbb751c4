-- Where the root sits, and how people call it; null: written before this was kept.
ALTER TABLE incidents ADD COLUMN place TEXT;
ALTER TABLE incidents ADD COLUMN place_name TEXT;
CREATE INDEX incidents_by_state ON incidents (state, closed DESC, id);

-- Any part of at least three letters of what an incident is found by. Rows of a full-text table
-- have numbers, and nothing else may change those.
CREATE TABLE incident_numbers (
    n INTEGER PRIMARY KEY,
    incident TEXT NOT NULL UNIQUE
);
CREATE VIRTUAL TABLE incident_text USING fts5(words, jobs, causes, tokenize = 'trigram');
INSERT INTO incident_numbers (incident) SELECT id FROM incidents;
INSERT INTO incident_text (rowid, words, jobs, causes)
    SELECT n.n, i.words, i.jobs, i.causes FROM incident_numbers n JOIN incidents i ON i.id = n.incident;
