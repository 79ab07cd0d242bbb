-- zone_old_orders: how many orders this copy of the store has in force
SELECT count(*)
FROM v_order
WHERE state = 'in_force';
