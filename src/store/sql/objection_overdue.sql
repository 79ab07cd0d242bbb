-- objection_overdue: answers and rulings past their time, without an alarm
-- $1 now
-- $2 limit
SELECT o.objection, 'answer', o.answer_due_us
FROM v_objection o
WHERE o.ruled_us = 0 AND o.answered_us = 0 AND o.answer_due_us <= $1
  AND NOT EXISTS (SELECT 1 FROM alarm a
		  WHERE a.key = 'objection-answer/' || o.objection AND a.cleared_us = 0)
UNION ALL
SELECT o.objection, 'rule', o.rule_due_us
FROM v_objection o
WHERE o.ruled_us = 0 AND o.rule_due_us <= $1
  AND NOT EXISTS (SELECT 1 FROM alarm a
		  WHERE a.key = 'objection-rule/' || o.objection AND a.cleared_us = 0)
LIMIT $2;
