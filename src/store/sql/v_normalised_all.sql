-- v_normalised_all: every row of v_normalised in a fixed order, for comparing rebuilds
SELECT order_id, serial, measured, waived, author, seq, at_us
FROM v_normalised
ORDER BY order_id;
