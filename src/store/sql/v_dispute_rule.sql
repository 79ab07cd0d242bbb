-- v_dispute_rule: the other side rules
-- $1 case
-- $2 who opened it
-- $3 dispute
-- $4 ruling
-- $5 author
-- $6 reason
-- $7 iat, us
UPDATE v_dispute
SET state = 'ruled', ruling = $4, ruling_author = $5, reason = $6, ruled_us = $7
WHERE casefile = $1 AND party = $2 AND dispute = $3 AND state <> 'ruled';
