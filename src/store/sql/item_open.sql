-- item_open: items of a case that are not decided
-- $1 case
SELECT i
FROM v_item
WHERE casefile = $1 AND outcome IS NULL
ORDER BY i;
