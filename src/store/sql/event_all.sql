-- event_all: all leaves in the order in which they came
SELECT channel, party, jws
FROM log_event
ORDER BY stored_us, channel, party, seq;
