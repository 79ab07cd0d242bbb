-- evidence_out_set: what came of the delivery
-- $1 upload
-- $2 state
-- $3 seq of its event, -1: none
-- $4 why it is not delivered
-- $5 failed tries
-- $6 when the next is due, us
UPDATE evidence_out
SET state = $2, seq = $3, reason = $4, attempts = $5, next_us = $6
WHERE id = $1;
