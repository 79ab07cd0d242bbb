-- evidence_out_list: files of a case that are not delivered yet
-- $1 case
-- $2 limit
SELECT id, casefile, author, name, media_type, description, len, state, sha256, seq, reason,
	next_us, made_us
FROM evidence_out
WHERE casefile = $1 AND state IN ('receiving', 'waiting', 'failed')
ORDER BY made_us, id
LIMIT $2;
