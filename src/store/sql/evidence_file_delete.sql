-- evidence_file_delete: forget a file that no event names
-- $1 channel
-- $2 SHA-256
DELETE FROM evidence_file
WHERE channel = $1 AND sha256 = $2 AND named = 0;
