-- event_range: leaves by place
-- $1 channel
-- $2 party
-- $3 first seq
-- $4 seq past the last
SELECT seq, jws, leaf
FROM log_event
WHERE channel = $1 AND party = $2 AND seq >= $3 AND seq < $4
ORDER BY seq;
