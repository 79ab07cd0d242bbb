-- v_clarify_answer: the answer to a question
-- $1 case
-- $2 seq of the question
-- $3 seq of the answer
-- $4 author
-- $5 text
-- $6 iat, us
UPDATE v_clarify
SET answer_seq = $3, answer_author = $4, answer = $5, answer_iat_us = $6
WHERE casefile = $1 AND seq = $2 AND answer_seq IS NULL;
