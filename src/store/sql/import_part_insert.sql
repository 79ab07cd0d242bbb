-- import_part_insert: bytes of a list
-- $1 list
-- $2 the first of them
-- $3 bytes
INSERT INTO import_part (list, at, data)
VALUES ($1, $2, $3);
