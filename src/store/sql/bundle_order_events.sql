-- bundle_order_events: where the events of the orders that cite a case stand
-- $1 case
-- $2 channel
-- $3 party that writes orders
SELECT CAST($3 AS BIGINT), o.seq
FROM v_order_cite c
CROSS JOIN v_order o
WHERE c.casefile = $1 AND o.id = c.order_id AND o.channel + 0 = $2
UNION
SELECT $3, a.seq
FROM v_order_cite c
CROSS JOIN v_order o
JOIN v_order_act a ON a.order_id = o.id
WHERE c.casefile = $1 AND o.id = c.order_id AND o.channel + 0 = $2;
