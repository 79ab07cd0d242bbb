-- erase_v_case: the texts of a notice
-- $1 case
-- $2 seq of its manifest
UPDATE v_case
SET subject = NULL, legal_basis = NULL
WHERE casefile = $1 AND send_seq = $2;
