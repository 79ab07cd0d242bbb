-- evidence_out_next: the file that a peer is to have next: those that never failed first
-- $1 channel
SELECT id, channel, casefile, author, name, media_type, description, len, state, sha256, sealed_len,
	pt_commit, attempts, next_us
FROM evidence_out
WHERE state = 'waiting' AND channel = $1
ORDER BY next_us, made_us
LIMIT 1;
