-- event_next: leaves in the order in which they were stored, after one of them
-- $1 stored_us  $2 channel  $3 party  $4 seq  $5 most
SELECT stored_us, channel, party, seq, jws
FROM log_event
WHERE (stored_us, channel, party, seq) > ($1, $2, $3, $4)
ORDER BY stored_us, channel, party, seq
LIMIT $5;
