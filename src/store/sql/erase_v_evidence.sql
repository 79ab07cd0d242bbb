-- erase_v_evidence: what a file is called
-- $1 case
-- $2 seq
-- $3 party
UPDATE v_evidence
SET name = NULL, media_type = NULL, description = NULL
WHERE casefile = $1 AND seq = $2 AND party = $3;
