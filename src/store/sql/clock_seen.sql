-- clock_seen: the newest time that a store of an older version has seen; null when there is none
SELECT max(at_us) FROM (
	SELECT max(stored_us) AS at_us FROM log_event
	UNION ALL
	SELECT max(at_us) AS at_us FROM access
) AS seen;
