-- v_evidence_all: every row in the order of its key, for a digest
SELECT channel, party, seq, n, casefile, sha256, len, pt_commit, name, media_type,
	description, author, iat_us, rejected_us, rejected, erased0_us, erased1_us
FROM v_evidence
ORDER BY channel, party, seq, n;
