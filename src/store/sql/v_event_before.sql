-- v_event_before: as v_event_top, and the latest time of a receipt that the other log adopts below a size
-- $1 channel
-- $2 party
-- $3 seq
-- $4 the other party
-- $5 size of its log
SELECT top_us, acked, iat_us, coalesce((
	SELECT heard_us
	FROM v_adopted
	WHERE channel = $1 AND party = $4 AND seq < $5
	ORDER BY seq DESC
	LIMIT 1), 0)
FROM v_event
WHERE channel = $1 AND party = $2 AND seq = $3;
