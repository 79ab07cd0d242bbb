-- note_insert: an internal note
-- $1 id
-- $2 case
-- $3 author
-- $4 text
-- $5 now, us
INSERT INTO case_note (id, casefile, author, body, at_us)
VALUES ($1, $2, $3, $4, $5);
