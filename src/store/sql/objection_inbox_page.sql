-- objection_inbox_page: those that wait, the oldest first
-- $1 objection of the cursor
-- $2 limit
SELECT objection, order_id, kind, language, body, contact, received_us, answer_due_us,
       rule_due_us
FROM objection_inbox
WHERE admitted_us = 0 AND objection > $1
ORDER BY objection
LIMIT $2;
