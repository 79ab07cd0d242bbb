-- delivery_put: the schedule of a channel
-- $1 channel
-- $2 attempts
-- $3 next try, us
-- $4 failing since, us
-- $5 reason
-- $6 what the peer has pending
-- $7 the entry it wants next
INSERT INTO delivery (channel, attempts, next_us, failed_us, reason, peer_size, peer_next)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (channel) DO UPDATE
SET attempts = excluded.attempts, next_us = excluded.next_us, failed_us = excluded.failed_us,
    reason = excluded.reason, peer_size = excluded.peer_size, peer_next = excluded.peer_next;
