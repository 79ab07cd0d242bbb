-- v_case_outcome_add: count the decided items of a range, or take them off
-- $1 case
-- $2 first item
-- $3 last item
-- $4 how often: 1 or -1
INSERT INTO v_case_outcome (casefile, outcome, ground, n)
SELECT casefile, outcome, coalesce(ground, ''), $4 * count(*)
FROM v_item
WHERE casefile = $1 AND i >= $2 AND i <= $3 AND outcome IS NOT NULL
GROUP BY casefile, outcome, coalesce(ground, '')
ON CONFLICT (casefile, outcome, ground) DO UPDATE SET n = v_case_outcome.n + excluded.n;
