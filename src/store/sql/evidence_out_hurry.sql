-- evidence_out_hurry: the peer is there: what waits for another try waits no longer
-- $1 channel
UPDATE evidence_out
SET next_us = 0
WHERE state = 'waiting' AND channel = $1 AND next_us > 0;
