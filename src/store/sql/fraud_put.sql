-- fraud_put: two heads that contradict each other; known again is a no-op
-- $1 channel
-- $2 party
-- $3 size
-- $4 root
-- $5 the head that contradicts
-- $6 the head of the log as it is here
-- $7 now, us
INSERT INTO fraud (channel, party, size, root, note, other, found_us)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (channel, party, size, root) DO NOTHING;
