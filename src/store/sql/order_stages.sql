-- order_stages: orders of which a plan lifts names now, the longest due first
-- $1 now, us
SELECT order_id
FROM v_order_name
WHERE stage_us > 0 AND stage_us <= $1
GROUP BY order_id
ORDER BY min(stage_us), order_id;
