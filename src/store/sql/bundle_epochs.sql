-- bundle_epochs: where the channel went on after it was frozen
-- $1 channel
-- $2 party
SELECT party, seq
FROM v_event
WHERE channel = $1 AND party = $2 AND type = 'channel.epoch'
ORDER BY seq;
