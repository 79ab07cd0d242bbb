-- session_owner: whose session has this id
-- $1 id
SELECT person
FROM session
WHERE id = $1;
