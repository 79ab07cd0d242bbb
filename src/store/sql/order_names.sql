-- order_names: names of an order
-- $1 order
SELECT name, wildcard, lifted_us, stage_us, owner_us, owner_told, owner_channel
FROM v_order_name
WHERE order_id = $1
ORDER BY name;
