-- erase_v_dispute_answer: the answer to a dispute
-- $1 case
-- $2 dispute
-- $3 party that answered
UPDATE v_dispute
SET answer = NULL
WHERE casefile = $1 AND dispute = $2 AND party <> $3;
