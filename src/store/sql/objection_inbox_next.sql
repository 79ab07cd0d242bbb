-- objection_inbox_next: what waits, of orders with few open ones, the oldest first
-- $1 open ones that an order may have
-- $2 limit
-- $3 how many of the oldest to leave out
SELECT i.objection, i.channel, i.order_id, i.kind, i.language, i.body, i.contact, i.tracking,
       i.received_us, i.answer_due_us, i.rule_due_us
FROM objection_inbox i
WHERE i.admitted_us = 0
  AND (SELECT count(*) FROM v_objection o
       WHERE o.order_id = i.order_id AND o.ruled_us = 0) < $1
ORDER BY i.received_us, i.objection
LIMIT $2 OFFSET $3;
