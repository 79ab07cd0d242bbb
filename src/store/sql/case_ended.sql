-- case_ended: cases that are closed or refused, and what of them was erased here
-- $1 after this case
-- $2 limit
SELECT v.casefile, CASE WHEN v.closed_us > 0 THEN v.closed_us ELSE v.refused_us END,
	v.policy_sha256,
	(SELECT count(*) FROM v_erase d WHERE d.casefile = v.casefile AND d.act = 'done'
		AND d.party = c.own_party AND d.whole = 1 AND d.what IN ('texts', 'all')),
	(SELECT count(*) FROM v_erase d WHERE d.casefile = v.casefile AND d.act = 'done'
		AND d.party = c.own_party AND d.whole = 1 AND d.what IN ('files', 'all'))
FROM v_case v
JOIN channel c ON c.channel = v.channel
WHERE v.casefile > $1 AND v.manifest = 1 AND (v.closed_us > 0 OR v.refused_us > 0)
ORDER BY v.casefile
LIMIT $2;
