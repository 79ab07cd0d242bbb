-- stat_outcomes: decided items of these cases by outcome and ground
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT t.outcome, t.ground, sum(t.n)
FROM v_case c
JOIN v_case_outcome t ON t.casefile = c.casefile
WHERE c.channel = $1 AND c.sent_us >= $2 AND c.sent_us < $3 AND c.manifest = 1
  AND c.test = 0 AND t.n > 0
GROUP BY t.outcome, t.ground
ORDER BY t.outcome, t.ground;
