-- zone_below_count: how many owners there are below a name that the hot zone has not
-- $1 zone
-- $2 the name from the root on, and "."
-- $3 the first that sorts behind all of them
SELECT count(*)
FROM zone_row r
WHERE r.zone = $1 AND r.layer = 0 AND r.owner > $2 AND r.owner < $3
  AND NOT EXISTS (SELECT 1 FROM zone_row h
                  WHERE h.zone = r.zone AND h.layer = 1 AND h.owner = r.owner);
