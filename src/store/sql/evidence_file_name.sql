-- evidence_file_name: an event names the file
-- $1 channel
-- $2 SHA-256
UPDATE evidence_file
SET named = 1
WHERE channel = $1 AND sha256 = $2 AND named = 0;
