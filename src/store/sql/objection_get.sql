-- objection_get: what an answer or a ruling needs to know
-- $1 objection
SELECT o.channel, o.order_id, o.answered_us, o.ruled_us
FROM v_objection o
WHERE o.objection = $1
ORDER BY o.channel
LIMIT 1;
