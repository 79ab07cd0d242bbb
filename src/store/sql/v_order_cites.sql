-- v_order_cites: the cases that an order cites
-- $1 order
SELECT casefile
FROM v_order_cite
WHERE order_id = $1
ORDER BY casefile;
