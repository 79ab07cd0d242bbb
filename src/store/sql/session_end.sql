-- session_end: a session is over
-- $1 id
DELETE FROM session
WHERE id = $1;
