-- objection_inbox_track: one that waits, by its code
-- $1 tracking
SELECT order_id, kind, received_us, answer_due_us, rule_due_us
FROM objection_inbox
WHERE tracking = $1 AND admitted_us = 0;
