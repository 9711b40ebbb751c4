-- null: work; messages | no_remediate: a silence, told by what else does not go on meanwhile.
ALTER TABLE planned_work ADD COLUMN silence TEXT;
