-- v_normalised_insert: an order that is over everywhere; nothing when that was known
-- $1 order
-- $2 serial
-- $3 measured
-- $4 waived
-- $5 author
-- $6 seq
-- $7 when, us
INSERT INTO v_normalised (order_id, serial, measured, waived, author, seq, at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (order_id) DO NOTHING;
