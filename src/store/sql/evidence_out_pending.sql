-- evidence_out_pending: files of a case that no event names
-- $1 case
SELECT id, channel, sha256
FROM evidence_out
WHERE casefile = $1 AND state IN ('receiving', 'waiting', 'failed');
