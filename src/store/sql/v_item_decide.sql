-- v_item_decide: a decision on an item
-- $1 case
-- $2 number
-- $3 outcome
-- $4 ground
-- $5 reason
-- $6 iat, us
-- $7 seq
UPDATE v_item
SET outcome = $3, ground = $4, reason = $5, decided_us = $6, decided_seq = $7
WHERE casefile = $1 AND i = $2;
