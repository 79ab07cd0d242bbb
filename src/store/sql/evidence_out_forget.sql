-- evidence_out_forget: what a file was called when it was given
-- $1 channel
-- $2 seq of its event
UPDATE evidence_out
SET name = '', media_type = '', description = NULL
WHERE channel = $1 AND seq = $2;
