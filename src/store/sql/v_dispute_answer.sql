-- v_dispute_answer: what the other side says to a dispute
-- $1 case
-- $2 who opened it
-- $3 dispute
-- $4 author
-- $5 text
-- $6 iat, us
UPDATE v_dispute
SET state = 'answered', answer_author = $4, answer = $5, answer_iat_us = $6
WHERE casefile = $1 AND party = $2 AND dispute = $3 AND state = 'open';
