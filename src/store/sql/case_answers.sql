-- case_answers: the acceptance or refusal of a case, and its latest decision
-- $1 case
-- $2 seq of that decision, in the platform's log
SELECT v.seq, v.type, v.iat_us,
	COALESCE((SELECT r.time_s FROM log_receipt r
		WHERE r.channel = v.channel AND r.party = v.party AND r.size > v.seq
		ORDER BY r.size LIMIT 1), 0) * 1000000
FROM v_event v
JOIN v_case c ON c.channel = v.channel + 0
WHERE c.casefile = $1 AND v.casefile = $1 AND 1 - v.party = 0 AND v.void IS NULL
  AND (v.type IN ('case.accept', 'case.refuse') OR (v.type = 'item.decide' AND v.seq = $2))
ORDER BY v.seq
LIMIT 16;
