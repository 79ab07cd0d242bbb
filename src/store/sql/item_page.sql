-- item_page: items of a case from a cursor on
-- $1 case
-- $2 number of the cursor
-- $3 limit
-- $4 an outcome, "open", "decided", or null
-- $5 category, or null
-- $6 host, or null
SELECT i, kind, category, given, normal, host, description, outcome, ground, reason, decided_us, nf
FROM v_item
WHERE casefile = $1 AND i > $2
  AND (CAST($4 AS TEXT) IS NULL OR outcome = $4 OR ($4 = 'open' AND outcome IS NULL)
       OR ($4 = 'decided' AND outcome IS NOT NULL))
  AND (CAST($5 AS TEXT) IS NULL OR category = $5)
  AND (CAST($6 AS TEXT) IS NULL OR host = $6)
ORDER BY i
LIMIT $3;
