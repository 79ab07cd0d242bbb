-- erase_v_dispute: what a dispute says
-- $1 case
-- $2 seq
-- $3 party
UPDATE v_dispute
SET body = NULL
WHERE casefile = $1 AND seq = $2 AND party = $3;
