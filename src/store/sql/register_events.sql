-- register_events: where the log has an order
-- $1 order
SELECT seq FROM v_order WHERE id = $1
UNION
SELECT seq FROM v_order_act WHERE order_id = $1
ORDER BY seq;
