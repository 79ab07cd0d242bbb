-- v_event_top: the latest time that a log shows up to an event
-- $1 channel
-- $2 party
-- $3 seq
SELECT top_us
FROM v_event
WHERE channel = $1 AND party = $2 AND seq = $3;
