-- order_times: when an order ends and is to be reviewed
-- $1 order
SELECT ends_us, review_us, reviewed_us
FROM v_order
WHERE id = $1;
