-- order_due_list: what is to be told first
-- $1 limit
SELECT order_id, kind, at_us
FROM order_due
ORDER BY at_us
LIMIT $1;
