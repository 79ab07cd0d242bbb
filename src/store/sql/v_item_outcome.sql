-- v_item_outcome: what was decided of an item, NULL when it is open
-- $1 case
-- $2 number
SELECT outcome, ground
FROM v_item
WHERE casefile = $1 AND i = $2;
