-- order_wait_new: orders whose rows in a zone changed after a time, and when they did last
-- $1 after, us
SELECT order_id, max(at_us)
FROM zone_change
WHERE at_us > $1 AND layer = 0
GROUP BY order_id;
