-- v_waived_put: why a resolver is no longer waited for
-- $1 order
-- $2 operator
-- $3 seq
-- $4 author
-- $5 reason
-- $6 now, us
INSERT INTO v_waived (order_id, operator, seq, author, reason, at_us)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (order_id, operator) DO UPDATE SET seq = excluded.seq, author = excluded.author,
	reason = excluded.reason, at_us = excluded.at_us;
