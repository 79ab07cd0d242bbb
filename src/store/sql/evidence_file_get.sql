-- evidence_file_get: what is here of a file
-- $1 channel
-- $2 SHA-256
SELECT len, state, named, came_us, checked
FROM evidence_file
WHERE channel = $1 AND sha256 = $2;
