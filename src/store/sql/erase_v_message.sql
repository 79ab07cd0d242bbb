-- erase_v_message: the text of a message
-- $1 case
-- $2 seq
-- $3 party
UPDATE v_message
SET body = NULL
WHERE casefile = $1 AND seq = $2 AND party = $3;
