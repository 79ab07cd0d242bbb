-- objection_inbox_one: one that waits
-- $1 objection
SELECT i.objection, i.channel, i.order_id, i.kind, i.language, i.body, i.contact, i.tracking,
       i.received_us, i.answer_due_us, i.rule_due_us
FROM objection_inbox i
WHERE i.objection = $1 AND i.admitted_us = 0;
