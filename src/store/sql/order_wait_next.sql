-- order_wait_next: when the next order is looked at after a time
-- $1 after, us
SELECT min(next_us)
FROM order_wait
WHERE next_us > $1;
