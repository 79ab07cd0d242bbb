-- v_item_first: the first decision on an item: one row changes, or none
-- $1 case
-- $2 number
-- $3 outcome
UPDATE v_item
SET outcome = $3
WHERE casefile = $1 AND i = $2 AND outcome IS NULL;
