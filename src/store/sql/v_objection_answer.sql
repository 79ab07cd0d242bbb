-- v_objection_answer: the answer, once
-- $1 channel
-- $2 objection
-- $3 when
-- $4 by
-- $5 answer
-- $6 seq
UPDATE v_objection SET answered_us = $3, answered_by = $4, answer = $5, answer_seq = $6
WHERE channel = $1 AND objection = $2 AND answered_us = 0 AND ruled_us = 0;
