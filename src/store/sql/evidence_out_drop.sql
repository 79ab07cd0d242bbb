-- evidence_out_drop: the file is not given after all; what it was called is forgotten
-- $1 upload
-- $2 now, us
UPDATE evidence_out
SET state = 'dropped', name = '', media_type = '', description = NULL, next_us = $2
WHERE id = $1;
