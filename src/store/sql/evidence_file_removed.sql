-- evidence_file_removed: the bytes of an erased file are gone
-- $1 channel
-- $2 SHA-256
UPDATE evidence_file
SET checked = 1
WHERE channel = $1 AND sha256 = $2 AND state = 2;
