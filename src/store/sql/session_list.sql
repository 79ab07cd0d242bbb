-- session_list: a person's sessions
-- $1 person
-- $2 now, us
-- $3 seen after, us
SELECT id, address, made_us, seen_us, expires_us
FROM session
WHERE person = $1 AND expires_us > $2 AND seen_us > $3
ORDER BY made_us, id;
