-- case_orders: orders that rest on a case
-- $1 case
SELECT o.id, o.state, r.year, r.number
FROM v_order_cite c
CROSS JOIN v_order o
LEFT JOIN v_register r ON r.order_id = o.id
WHERE c.casefile = $1 AND o.id = c.order_id
ORDER BY o.id;
