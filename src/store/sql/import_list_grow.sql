-- import_list_grow: so much of it is here
-- $1 id
-- $2 bytes
UPDATE import_list
SET got = $2
WHERE id = $1;
