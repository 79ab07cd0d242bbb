-- v_order_action: what an order does to its names
-- $1 order
SELECT action
FROM v_order
WHERE id = $1;
