-- evidence_file_put: what is here of a file; an erased one stays erased
-- $1 channel
-- $2 SHA-256
-- $3 bytes of the whole
-- $4 state
-- $5 whether an event names it, or will
-- $6 when it came, us
-- $7 whether it was checked
INSERT INTO evidence_file (channel, sha256, len, state, named, came_us, checked)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (channel, sha256) DO UPDATE
SET state = excluded.state, named = excluded.named, came_us = excluded.came_us,
	checked = excluded.checked
WHERE evidence_file.state <> 2;
