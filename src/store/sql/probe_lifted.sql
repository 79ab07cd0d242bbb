-- probe_lifted: rows that went from the zone lately and are not back, the newest first
-- $1 since
-- $2 limit
SELECT c.owner, c.order_id, c.serial, c.at_us
FROM v_zone_change c
WHERE c.present = 0 AND c.at_us >= $1
  AND NOT EXISTS (SELECT 1 FROM v_zone z WHERE z.owner = c.owner)
ORDER BY c.at_us DESC, c.owner
LIMIT $2;
