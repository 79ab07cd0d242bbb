-- scrutiny_next: when people are to be told next
-- $1 now, us
SELECT min(at_us) FROM (
	SELECT min(near_us) AS at_us FROM v_scrutiny WHERE told = 0 AND near_us > $1
	UNION ALL
	SELECT min(due_us) FROM v_scrutiny WHERE told = 1 AND due_us > $1) AS next;
