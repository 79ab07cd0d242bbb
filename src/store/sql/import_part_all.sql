-- import_part_all: the bytes of a list, in their order
-- $1 list
SELECT data
FROM import_part
WHERE list = $1
ORDER BY at;
