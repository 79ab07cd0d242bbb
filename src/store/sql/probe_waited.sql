-- probe_waited: rows that went from a zone, however long ago, and whose order is still waited for
-- $1 zone
-- $2 limit
SELECT c.owner, '', c.order_id, c.serial, c.at_us, c.old
FROM order_wait x
JOIN zone_change c ON c.order_id = x.order_id AND c.zone = $1 AND c.layer = 0
WHERE c.new IS NULL
  AND NOT EXISTS (SELECT 1 FROM zone_row r
                  WHERE r.zone = $1 AND r.layer = 0 AND r.owner = c.owner)
ORDER BY c.at_us DESC, c.owner
LIMIT $2;
