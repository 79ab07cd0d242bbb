-- zone_rows: owners of the zone, each once
SELECT owner, min(action)
FROM v_zone
GROUP BY owner
ORDER BY owner;
