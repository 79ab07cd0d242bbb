-- channel_since: when the first event of a channel was written
-- $1 channel
SELECT min(iat_us) FROM v_event WHERE channel = $1 AND party IN (0, 1) AND seq = 0;
