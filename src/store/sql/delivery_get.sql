-- delivery_get: the schedule of a channel; no row before the first failure or receipt
-- $1 channel
SELECT attempts, next_us, failed_us, peer_size, peer_next
FROM delivery
WHERE channel = $1;
