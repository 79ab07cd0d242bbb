-- bundle_adopts: adopted receipts in a log after an event
-- $1 channel
-- $2 party
-- $3 seq
-- $4 limit
SELECT party, seq
FROM v_event
WHERE channel = $1 AND party = $2 AND seq > $3 AND type = 'receipt.adopt' AND void IS NULL
ORDER BY seq
LIMIT $4;
