-- item_page: items of a case from a cursor on
-- $1 case
-- $2 number of the cursor
-- $3 limit
SELECT i, kind, category, given, normal, host, description, outcome, ground, reason, decided_us
FROM v_item
WHERE casefile = $1 AND i > $2
ORDER BY i
LIMIT $3;
