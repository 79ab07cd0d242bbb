-- objection_next_due: the first time after this at which something is overdue
-- $1 now
SELECT min(d)
FROM (SELECT min(rule_due_us) AS d FROM v_objection WHERE ruled_us = 0 AND rule_due_us > $1
      UNION ALL
      SELECT min(answer_due_us) FROM v_objection
      WHERE ruled_us = 0 AND answered_us = 0 AND answer_due_us > $1) AS t;
