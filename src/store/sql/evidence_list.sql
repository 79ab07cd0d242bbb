-- evidence_list: the files that events of a case name
-- $1 case
-- $2 limit
SELECT v.sha256, v.party, v.seq, v.name, v.media_type, v.description, v.len, v.author, v.iat_us,
	v.rejected, v.rejected_us, v.erased0_us, v.erased1_us, coalesce(f.state, -1),
	coalesce(f.checked, 0)
FROM v_evidence v
LEFT JOIN evidence_file f ON f.channel = v.channel AND f.sha256 = v.sha256
WHERE v.casefile = $1
ORDER BY v.iat_us, v.party, v.seq, v.n
LIMIT $2;
