-- erase_v_item: what the items of a part say
-- $1 case
-- $2 first item
-- $3 last item
UPDATE v_item
SET given = NULL, normal = NULL, host = NULL, description = NULL
WHERE casefile = $1 AND i >= $2 AND i <= $3;
