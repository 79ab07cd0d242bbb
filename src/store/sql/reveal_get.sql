-- reveal_get: what stage a person may see now
-- $1 id
-- $2 person
-- $3 SHA-256 of the file
-- $4 since, us
SELECT stage
FROM reveal
WHERE id = $1 AND person = $2 AND sha256 = $3 AND at_us >= $4;
