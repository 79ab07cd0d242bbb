-- v_order_act_insert: what was done with an order
-- $1 order
-- $2 seq
-- $3 act
-- $4 author
-- $5 guards, JSON
-- $6 reason
-- $7 iat, us
-- $8 body, JSON
-- $9 owed, when somebody else must review it afterwards, else null
INSERT INTO v_order_act (order_id, seq, act, author, guards, reason, iat_us, body, reviewed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
