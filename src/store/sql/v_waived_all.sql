-- v_waived_all: every row of v_waived in a fixed order, for comparing rebuilds
SELECT order_id, operator, seq, author, reason, at_us
FROM v_waived
ORDER BY order_id, operator;
