-- access_refused: people who were refused often since a time, and how often
-- $1 since, us
-- $2 at least so often
-- $3 at most so many people
SELECT who || '', count(*)
FROM access
WHERE outcome <> 'ok' AND at_us >= $1
  AND outcome IN ('denied', 'unauthenticated', 'limit')
GROUP BY who || '' -- by time, not through all that each did
HAVING count(*) >= CAST($2 AS BIGINT)
ORDER BY count(*) DESC, who || ''
LIMIT $3;
