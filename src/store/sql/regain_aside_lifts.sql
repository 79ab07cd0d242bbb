-- regain_aside_lifts: lifts that are no part of the log, set aside at one time
-- $1 channel
-- $2 when, us
SELECT jws
FROM regain_aside
WHERE channel = $1 AND aside_us = $2 AND type = 'order.lift'
ORDER BY seq;
