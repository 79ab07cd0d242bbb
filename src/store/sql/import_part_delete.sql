-- import_part_delete: the bytes of a list that is sent or dropped
-- $1 list
DELETE FROM import_part
WHERE list = $1;
