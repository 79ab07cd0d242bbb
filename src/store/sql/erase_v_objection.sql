-- erase_v_objection: what an objection says, and how whoever objected is reached
-- $1 channel
-- $2 objection
UPDATE v_objection
SET body = NULL, contact = NULL
WHERE channel = $1 AND objection = $2;
