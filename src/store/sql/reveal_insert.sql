-- reveal_insert: a picture is shown to a person
-- $1 id
-- $2 person
-- $3 case
-- $4 SHA-256 of the file
-- $5 grey or clear
-- $6 reason
-- $7 now, us
INSERT INTO reveal (id, person, casefile, sha256, stage, reason, at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7);
