-- prepared_get: a prepared step
-- $1 id
SELECT casefile, level, body, state
FROM prepared
WHERE id = $1;
