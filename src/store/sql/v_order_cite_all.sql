-- v_order_cite_all: every row of v_order_cite in a fixed order, for comparing rebuilds
SELECT order_id, casefile
FROM v_order_cite
ORDER BY order_id, casefile;
