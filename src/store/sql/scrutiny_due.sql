-- scrutiny_due: reviews of which people are to be told that they are near, or over
-- $1 now, us
-- $2 limit
SELECT casefile, due_us FROM (
	SELECT casefile, due_us FROM v_scrutiny WHERE told = 0 AND near_us <= $1
	UNION ALL
	SELECT casefile, due_us FROM v_scrutiny WHERE told = 1 AND due_us <= $1) AS due
LIMIT $2;
