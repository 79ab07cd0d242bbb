-- probe_new: rows that came into a zone last and stand in it, the newest first
-- $1 zone
-- $2 limit
SELECT r.owner, r.action, r.order_id, c.serial, c.at_us, r.action
FROM zone_change c
JOIN zone_row r ON r.zone = c.zone AND r.layer = c.layer AND r.owner = c.owner
WHERE c.zone = $1 AND c.layer = 0 AND c.new IS NOT NULL
ORDER BY c.serial DESC, c.owner
LIMIT $2;
