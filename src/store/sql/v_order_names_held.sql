-- v_order_names_held: names that an order still holds
-- $1 order
SELECT name, wildcard
FROM v_order_name
WHERE order_id = $1 AND lifted_us = 0
ORDER BY name;
