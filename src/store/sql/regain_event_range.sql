-- regain_event_range: entries that came back
-- $1 channel
-- $2 from
-- $3 below
SELECT seq, jws
FROM regain_event
WHERE channel = $1 AND seq >= $2 AND seq < $3
ORDER BY seq;
