-- v_order_territory_all: every row of v_order_territory in a fixed order, for comparing rebuilds
SELECT order_id, territory
FROM v_order_territory
ORDER BY order_id, territory;
