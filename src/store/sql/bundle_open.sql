-- bundle_open: where the channel.open of a log stands
-- $1 channel
-- $2 party
SELECT party, seq
FROM v_event
WHERE channel = $1 AND party = $2 AND type = 'channel.open'
ORDER BY seq
LIMIT 1;
