-- case_orders: orders that rest on a case
-- $1 case
SELECT o.id, o.state
FROM v_order_cite c
JOIN v_order o ON o.id = c.order_id
WHERE c.casefile = $1
ORDER BY o.id;
