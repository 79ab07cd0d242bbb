-- session_end_all: all sessions of a person are over
-- $1 person
DELETE FROM session
WHERE person = $1;
