-- import_list_insert: a list is announced
-- $1 id
-- $2 author
-- $3 name
-- $4 SHA-256
-- $5 bytes
-- $6 now, us
INSERT INTO import_list (id, author, name, sha256, bytes, got, made_us)
VALUES ($1, $2, $3, $4, $5, 0, $6);
