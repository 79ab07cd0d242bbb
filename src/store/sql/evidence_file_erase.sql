-- evidence_file_erase: leave the tombstone of a file; its bytes are to be removed
-- $1 channel
-- $2 SHA-256
UPDATE evidence_file
SET state = 2, checked = 0
WHERE channel = $1 AND sha256 = $2 AND state <> 2;
