-- normalised_get: since when an order is over everywhere
-- $1 order
SELECT serial, measured, waived, at_us
FROM v_normalised
WHERE order_id = $1;
