-- prepared_settled: alarms of steps that are no longer next
-- $1 limit
SELECT a.key
FROM alarm a
WHERE a.cleared_us = 0 AND a.kind = 'prepared_step' AND NOT EXISTS (
	SELECT 1 FROM v_step v WHERE v.casefile = a.subject AND v.prepared = 1)
LIMIT $1;
