-- v_event_ahead: events that wait for their receipt and are dated later than it
-- $1 channel
-- $2 party
-- $3 size of the receipt
-- $4 its time, us
-- $5 how far clocks may be apart, us
UPDATE v_event SET ahead_us = iat_us - $4
WHERE channel = $1 AND party = $2 AND iat_us > CAST($4 AS BIGINT) + $5 AND seq IN (
	SELECT seq
	FROM v_clock
	WHERE channel = $1 AND party = $2 AND seq < $3);
