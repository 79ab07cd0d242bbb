-- stat_reversals: decisions that were reversed, by who reversed them
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT party, count(*)
FROM v_event
WHERE type = 'item.reverse' AND channel = $1 AND iat_us >= $2 AND iat_us < $3
  AND void IS NULL
  AND NOT EXISTS (SELECT 1 FROM v_case c WHERE c.casefile = v_event.casefile AND c.test = 1)
GROUP BY party
ORDER BY party;
