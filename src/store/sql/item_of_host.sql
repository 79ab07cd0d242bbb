-- item_of_host: items on a host, those of the newest cases first
-- $1 host
-- $2 at most
SELECT casefile, i, kind, category, given, normal, outcome, ground, decided_us
FROM v_item
WHERE host = $1
ORDER BY case_ms DESC, casefile DESC, i
LIMIT $2;
