-- order_acts: what was done with an order, for people
-- $1 order
SELECT act, author, guards, reason, iat_us, seq, body, reviewed
FROM v_order_act
WHERE order_id = $1
ORDER BY seq;
