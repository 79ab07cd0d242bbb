-- probe_rest: rows of the zone in their order, from one on: those that are not new have their turn
-- $1 owner
-- $2 limit
SELECT owner, min(since_serial)
FROM v_zone
WHERE owner > $1
GROUP BY owner
ORDER BY owner
LIMIT $2;
