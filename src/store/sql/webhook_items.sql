-- webhook_items: items of a case as they are handed over
-- $1 case
-- $2 from this number
-- $3 limit
SELECT i, kind, category, given, normal, description
FROM v_item
WHERE casefile = $1 AND i >= $2
ORDER BY i
LIMIT $3;
