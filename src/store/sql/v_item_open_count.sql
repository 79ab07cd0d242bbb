-- v_item_open_count: items of a case that are not decided
-- $1 case
SELECT count(*)
FROM v_item
WHERE casefile = $1 AND outcome IS NULL;
