-- v_event_top: what a log shows up to an event: the latest time, and what it acknowledged
-- $1 channel
-- $2 party
-- $3 seq
SELECT top_us, acked, iat_us
FROM v_event
WHERE channel = $1 AND party = $2 AND seq = $3;
