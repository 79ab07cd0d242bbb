-- zone_show: owners of the zone with the orders that hold them
SELECT owner, action, order_id, since_serial
FROM v_zone
ORDER BY owner, order_id;
