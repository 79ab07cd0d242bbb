-- case_dated: events of a case that are dated before their log, or after their receipt
-- $1 case
-- $2 limit
SELECT v.party, v.seq, v.type, v.iat_us, v.behind_us, v.ahead_us
FROM v_event v
JOIN v_case c ON c.casefile = v.casefile AND c.channel = v.channel
WHERE v.casefile = $1 AND (v.behind_us <> 0 OR v.ahead_us <> 0)
ORDER BY v.iat_us, v.party, v.seq
LIMIT $2;
