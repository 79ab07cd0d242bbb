-- zone_show: a page of owners that orders in force hold, with the orders
-- $1 after this owner
-- $2 and order
-- $3 limit
SELECT owner, action, order_id, since_serial
FROM v_zone
WHERE (owner, order_id) > ($1, $2)
ORDER BY owner, order_id
LIMIT $3;
