-- import_file_put: a notice was made of this file
-- $1 case
-- $2 SHA-256
-- $3 name
-- $4 who sent it
-- $5 now, us
INSERT INTO import_file (casefile, sha256, name, author, sent_us)
VALUES ($1, $2, $3, $4, $5);
