-- register_objections: objections to an order, without what people wrote
-- $1 order
-- $2 limit
SELECT kind, received_us, answered_us, ruled_us, ruling, ruled_names, reason
FROM v_objection
WHERE order_id = $1
ORDER BY objection
LIMIT $2;
