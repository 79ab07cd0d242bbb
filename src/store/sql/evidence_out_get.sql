-- evidence_out_get: an upload
-- $1 upload
SELECT id, channel, casefile, author, name, media_type, description, len, state, sha256, sealed_len,
	pt_commit, attempts, next_us
FROM evidence_out
WHERE id = $1;
