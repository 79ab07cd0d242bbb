-- case_timeline: the newest events of a case, the oldest of them first, without the parts
-- Only those of the case's own channel: another peer's may name any case, and are void.
-- $1 case
-- $2 limit
-- $3 how far clocks may be apart, us
SELECT party, seq, type, iat_us, iat_us, author, void, behind_us, ahead_us,
	CASE WHEN lacked_us > iat_us + behind_us + $3 AND (had_us = 0 OR had_us >= lacked_us)
	     THEN lacked_us - iat_us - behind_us ELSE 0 END AS late_us,
	lacked_us,
	CASE WHEN had_us <> 0 AND (receipt_us = 0 OR had_us < receipt_us)
	     THEN had_us ELSE receipt_us END AS got_us
FROM (SELECT v.party, v.seq, v.type, v.iat_us, v.author, v.void, v.behind_us, v.ahead_us,
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
			ORDER BY r.size LIMIT 1), 0) * 1000000 AS receipt_us
      FROM v_event v
      JOIN v_case c ON c.casefile = v.casefile AND c.channel = v.channel
      WHERE v.casefile = $1 AND v.type <> 'notice.part'
      ORDER BY v.iat_us DESC, v.party DESC, v.seq DESC
      LIMIT $2) AS newest
ORDER BY iat_us, party, seq;
