-- import_list_delete: a list that is sent or dropped
-- $1 id
DELETE FROM import_list
WHERE id = $1;
