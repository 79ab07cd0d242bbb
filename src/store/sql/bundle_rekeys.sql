-- bundle_rekeys: where new keys came into force in a log
-- $1 channel
-- $2 party
SELECT party, seq
FROM v_rekey
WHERE channel = $1 AND party = $2 AND seq > 0
ORDER BY seq;
