-- item_select: what a decision selects items by
-- $1 case
SELECT i, kind, category, host, normal, outcome
FROM v_item
WHERE casefile = $1
ORDER BY i;
