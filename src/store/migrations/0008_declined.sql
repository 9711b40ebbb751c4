-- What a person's word was about: a no holds every plan that comes to the same.
ALTER TABLE approvals ADD COLUMN incident TEXT;
ALTER TABLE approvals ADD COLUMN cluster TEXT;
ALTER TABLE approvals ADD COLUMN key TEXT;
ALTER TABLE approvals ADD COLUMN playbook TEXT;
