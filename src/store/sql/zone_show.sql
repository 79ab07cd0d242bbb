-- zone_show: owners that orders in force hold, with the orders
SELECT owner, action, order_id, since_serial
FROM v_zone
ORDER BY owner, order_id;
