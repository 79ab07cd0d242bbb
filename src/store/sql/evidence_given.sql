-- evidence_given: which event names a file, the first that does
-- $1 SHA-256 of the ciphertext
SELECT channel, party, seq, casefile, name, rejected, pt_commit, len, sha256
FROM v_evidence
WHERE sha256 = $1
ORDER BY iat_us, channel, party, seq, n
LIMIT 1;
