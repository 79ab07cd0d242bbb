-- session_seen: a session was used
-- $1 id
-- $2 now, us
UPDATE session
SET seen_us = $2
WHERE id = $1 AND seen_us < $2;
