-- probe_lifted: rows that went from a zone lately and are not back, the newest first
-- $1 zone
-- $2 since
-- $3 limit
SELECT c.owner, '', c.order_id, c.serial, c.at_us, c.old
FROM zone_change c
WHERE c.zone = $1 AND c.layer = 0 AND c.new IS NULL AND c.at_us >= $2
  AND NOT EXISTS (SELECT 1 FROM zone_row r
                  WHERE r.zone = $1 AND r.layer = 0 AND r.owner = c.owner)
ORDER BY c.at_us DESC, c.owner
LIMIT $3;
