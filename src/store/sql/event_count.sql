-- event_count: leaves of all logs
SELECT count(*)
FROM log_event;
