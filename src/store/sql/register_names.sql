-- register_names: the names of an order
-- $1 order
SELECT name, wildcard, lifted_us FROM v_order_name WHERE order_id = $1 ORDER BY name;
