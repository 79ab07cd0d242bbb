-- case_dated: events of a case whose time is not what both logs show
-- $1 case
-- $2 limit
-- $3 how far clocks may be apart, us
-- $4 when it had to be accepted or refused, us; 0: no clock runs
-- $5 when its items had to be decided, us
SELECT party, seq, type, iat_us, iat_us, void, behind_us, ahead_us, late_us, lacked_us, got_us
FROM (SELECT party, seq, type, iat_us, void, behind_us, ahead_us, lacked_us, due_us,
	CASE WHEN lacked_us > iat_us + behind_us + $3 AND (had_us = 0 OR had_us >= lacked_us)
	     THEN lacked_us - iat_us - behind_us ELSE 0 END AS late_us,
	CASE WHEN had_us <> 0 AND (receipt_us = 0 OR had_us < receipt_us)
	     THEN had_us ELSE receipt_us END AS got_us
      FROM (SELECT v.party, v.seq, v.type, v.iat_us, v.void, v.behind_us, v.ahead_us,
		COALESCE((SELECT h.acked_us FROM v_adopted h
			WHERE h.channel = v.channel AND h.party = 1 - v.party
			  AND h.acked <= v.seq
			ORDER BY h.acked DESC, h.seq DESC LIMIT 1), 0) AS lacked_us,
		COALESCE((SELECT h.time_us FROM v_adopted h
			WHERE h.channel = v.channel AND h.party = v.party
			  AND h.size > v.seq
			ORDER BY h.size, h.seq LIMIT 1), 0) AS had_us,
		COALESCE((SELECT r.time_s FROM log_receipt r
			WHERE r.channel = v.channel AND r.party = v.party
			  AND r.size > v.seq
			ORDER BY r.size LIMIT 1), 0) * 1000000 AS receipt_us,
		CASE WHEN v.party <> 1 OR v.void IS NOT NULL THEN 0
		     WHEN v.type IN ('case.accept', 'case.refuse') THEN CAST($4 AS BIGINT)
		     WHEN v.type = 'item.decide' THEN CAST($5 AS BIGINT) ELSE 0 END AS due_us
	    FROM v_event v
	    JOIN v_case c ON c.casefile = v.casefile AND c.channel = v.channel
	    WHERE v.casefile = $1) AS shown) AS told
WHERE behind_us <> 0 OR ahead_us <> 0 OR late_us <> 0
   OR (due_us <> 0 AND iat_us + behind_us <= due_us AND got_us - $3 > due_us)
ORDER BY iat_us, party, seq
LIMIT $2;
