-- v_event_void: whether an event has no effect
-- $1 channel
-- $2 party
-- $3 seq
SELECT count(*)
FROM v_event
WHERE channel = $1 AND party = $2 AND seq = $3 AND void IS NOT NULL;
