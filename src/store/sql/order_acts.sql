-- order_acts: hands put to an order, for people
-- $1 order
SELECT act, author, guards, reason, iat_us, seq
FROM v_order_act
WHERE order_id = $1
ORDER BY seq;
