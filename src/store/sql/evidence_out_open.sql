-- evidence_out_open: how many uploads of a person are not finished
-- $1 author
SELECT count(*)
FROM evidence_out
WHERE state = 'receiving' AND author = $1
	AND id NOT IN (SELECT upload FROM mail_evidence);
