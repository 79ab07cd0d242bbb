-- v_operator_talk_order_insert: an order that it is about
-- $1 order
-- $2 operator
-- $3 channel
-- $4 seq
-- $5 expected
-- $6 serial
-- $7 what is missing
INSERT INTO v_operator_talk_order (order_id, operator, channel, seq, expected, serial, lacks)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (order_id, operator, channel, seq) DO NOTHING;
