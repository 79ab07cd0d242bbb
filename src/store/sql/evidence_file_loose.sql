-- evidence_file_loose: bytes of a peer's files that no event names yet
-- $1 channel
SELECT coalesce(sum(len), 0)
FROM evidence_file
WHERE channel = $1 AND named = 0;
