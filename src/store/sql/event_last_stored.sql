-- event_last_stored: when the newest event of all was stored; null when there is none
SELECT max(stored_us) FROM log_event;
