-- zone_change_of: when rows of an order came into a zone, and when they went
-- $1 order
-- $2 zone
SELECT serial, old, new, at_us, owner
FROM zone_change
WHERE order_id = $1 AND zone = $2 AND layer = 0
ORDER BY serial;
