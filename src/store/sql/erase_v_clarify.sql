-- erase_v_clarify: a question, or the reason of an inability
-- $1 case
-- $2 seq
UPDATE v_clarify
SET body = NULL
WHERE casefile = $1 AND seq = $2;
