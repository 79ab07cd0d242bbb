-- erase_v_clarify_answer: the answer to a question
-- $1 case
-- $2 seq of the answer
UPDATE v_clarify
SET answer = NULL
WHERE casefile = $1 AND answer_seq = $2;
