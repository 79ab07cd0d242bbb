-- evidence_file_others: other channels that have this very file
-- $1 channel
-- $2 SHA-256
SELECT count(*)
FROM channel c
JOIN evidence_file f ON f.channel = c.channel AND f.sha256 = $2
WHERE c.channel <> $1 AND f.state = 1;
