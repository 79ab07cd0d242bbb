-- stat_categories: items of these cases by category and kind
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT t.category, t.kind, sum(t.n)
FROM v_case c
JOIN v_case_tally t ON t.casefile = c.casefile
WHERE c.channel = $1 AND c.sent_us >= $2 AND c.sent_us < $3 AND c.manifest = 1
  AND c.test = 0
GROUP BY t.category, t.kind
ORDER BY t.category, t.kind;
