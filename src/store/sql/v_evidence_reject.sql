-- v_evidence_reject: the other side cannot open a file; the first time counts
-- $1 case
-- $2 party that gave the file
-- $3 SHA-256 of the ciphertext
-- $4 why
-- $5 iat of the rejection, us
-- $6 the files given below this place of that log
UPDATE v_evidence
SET rejected = $4, rejected_us = $5
WHERE casefile = $1 AND party = $2 AND sha256 = $3 AND rejected_us = 0 AND seq < $6;
