-- v_register_enter: the next number of that year, for an order that is in force; on the
-- authority's node, which alone counts all orders
-- $1 order
-- $2 year
-- $3 party of the authority
INSERT INTO v_register (order_id, year, number)
SELECT o.id, $2, coalesce((SELECT max(number) FROM v_register WHERE year = $2), 0) + 1
FROM v_order o
JOIN channel ch ON ch.channel = o.channel
WHERE o.id = $1 AND o.in_force_us <> 0 AND ch.own_party = $3
ON CONFLICT (order_id) DO NOTHING;
