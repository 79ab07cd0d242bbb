-- erase_v_objection_answer: the answer to an objection
-- $1 channel
-- $2 objection
UPDATE v_objection
SET answer = NULL
WHERE channel = $1 AND objection = $2;
