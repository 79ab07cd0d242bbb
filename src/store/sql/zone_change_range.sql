-- zone_change_range: what changed between two serials, owner by owner, the oldest first
-- $1 zone
-- $2 layer
-- $3 after this serial
-- $4 up to this one
SELECT owner, old, new, order_id
FROM zone_change
WHERE zone = $1 AND layer = $2 AND serial > $3 AND serial <= $4
ORDER BY owner, serial;
