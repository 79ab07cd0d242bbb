-- objection_order: an order that took effect: its channel, and its number in the register
-- $1 order
SELECT o.channel, o.state, r.year, r.number
FROM v_order o
JOIN v_register r ON r.order_id = o.id
WHERE o.id = $1;
