-- evidence_out_show: an upload for people
-- $1 upload
SELECT id, casefile, author, name, media_type, description, len, state, sha256, seq, reason,
	next_us, made_us
FROM evidence_out
WHERE id = $1;
