-- v_order_act_insert: a hand put to an order
-- $1 order
-- $2 seq
-- $3 act
-- $4 author
-- $5 guards, JSON
-- $6 reason
-- $7 iat, us
INSERT INTO v_order_act (order_id, seq, act, author, guards, reason, iat_us)
VALUES ($1, $2, $3, $4, $5, $6, $7);
