-- item_matches: items of the same normal form, those of the newest cases first
-- $1 SHA-256 of the normal form
-- $2 at most
SELECT casefile, i, kind, category, given, normal, outcome, ground, decided_us
FROM v_item
WHERE nf = $1
ORDER BY case_ms DESC, casefile DESC, i
LIMIT $2;
