-- form_items: what a form tells of the items of a case
-- $1 case
-- $2 limit
SELECT i, kind, category, given, normal, description, outcome, ground, reason, decided_us, decided_seq
FROM v_item
WHERE casefile = $1
ORDER BY i
LIMIT $2;
