-- probe_blocked: rows that came into the zone last and stand in it
-- $1 limit
SELECT c.owner, (SELECT min(z.since_serial) FROM v_zone z WHERE z.owner = c.owner), c.at_us
FROM v_zone_change c
WHERE c.present = 1 AND EXISTS (SELECT 1 FROM v_zone z WHERE z.owner = c.owner)
ORDER BY c.at_us DESC, c.owner
LIMIT $1;
