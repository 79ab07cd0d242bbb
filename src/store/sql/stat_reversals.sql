-- stat_reversals: decisions that were reversed, by who reversed them
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT party, count(*)
FROM v_event
WHERE type = 'item.reverse' AND channel = $1 AND iat_us >= $2 AND iat_us < $3
  AND void IS NULL
GROUP BY party
ORDER BY party;
