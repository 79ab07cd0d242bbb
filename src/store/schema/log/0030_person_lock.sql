-- A person who is locked (active = 2) is let in by nothing, and keeps password, device and
-- tokens for when they are unlocked; who withdrew a person.
ALTER TABLE person ADD COLUMN changed_us BIGINT NOT NULL DEFAULT 0; -- locked, unlocked, withdrawn, another role
ALTER TABLE person ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
