-- zone_published: does any zone have, or had, a row of that order
-- $1 order
SELECT 1
FROM zone_change
WHERE order_id = $1
LIMIT 1;
