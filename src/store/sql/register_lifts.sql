-- register_lifts: what ended it, or parts of it
-- $1 order
SELECT act, reason, iat_us FROM v_order_act
WHERE order_id = $1 AND act IN ('lift', 'expire')
ORDER BY seq;
