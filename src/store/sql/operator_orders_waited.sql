-- operator_orders_waited: orders that some operator is still waited for, the newest change first
-- $1 limit
SELECT order_id
FROM order_wait
ORDER BY since_us DESC, order_id
LIMIT $1;
