-- v_evidence_erased0: the authority has erased the files of an event
-- $1 channel
-- $2 party
-- $3 seq
-- $4 iat of the erasure, us
UPDATE v_evidence
SET erased0_us = $4
WHERE channel = $1 AND party = $2 AND seq = $3 AND erased0_us = 0;
