-- register_counts: cited cases and objections of an order
-- $1 order
SELECT (SELECT count(*) FROM v_order_cite WHERE order_id = $1),
       (SELECT count(*) FROM v_objection WHERE order_id = $1);
