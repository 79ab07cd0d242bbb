-- stat_reversals: decisions that were reversed, by who reversed them, and items put back
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT v.party, count(*), COALESCE(sum(r.n), 0)
FROM v_event v
LEFT JOIN v_reinstated r ON r.channel = v.channel AND r.party = v.party AND r.seq = v.seq
WHERE v.type = 'item.reverse' AND v.channel = $1 AND v.iat_us >= $2 AND v.iat_us < $3
  AND v.void IS NULL
  AND NOT EXISTS (SELECT 1 FROM v_case c WHERE c.casefile = v.casefile AND c.test = 1)
GROUP BY v.party
ORDER BY v.party;
