-- stat_outcomes: decided items of these cases by outcome and ground
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT i.outcome, i.ground, count(*)
FROM v_case c
JOIN v_item i ON i.casefile = c.casefile
WHERE c.channel = $1 AND c.sent_us >= $2 AND c.sent_us < $3 AND c.manifest = 1
  AND i.outcome IS NOT NULL
GROUP BY i.outcome, i.ground
ORDER BY i.outcome, i.ground;
