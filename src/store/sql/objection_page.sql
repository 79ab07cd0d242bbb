-- objection_page: objections in the order in which they came
-- $1 objection of the cursor
-- $2 limit
-- $3 order, or null for all
-- $4 objection, or null for all
-- $5 open, answered, ruled, or null for all
SELECT o.objection, ch.peer_org, o.order_id, r.year, r.number, o.kind, o.language, o.body,
       o.contact, o.received_us, o.opened_us, o.answer_due_us, o.rule_due_us, o.answered_us,
       o.answered_by, o.answer, o.ruled_us, o.ruled_by, o.ruling, o.ruled_names, o.reason,
       o.seq
FROM v_objection o
JOIN channel ch ON ch.channel = o.channel
LEFT JOIN v_register r ON r.order_id = o.order_id
WHERE o.objection > $1
  AND (CAST($3 AS TEXT) IS NULL OR o.order_id = $3)
  AND (CAST($4 AS TEXT) IS NULL OR o.objection = $4)
  AND (CAST($5 AS TEXT) IS NULL OR ($5 = 'ruled' AND o.ruled_us <> 0)
       OR ($5 = 'answered' AND o.ruled_us = 0 AND o.answered_us <> 0)
       OR ($5 = 'open' AND o.ruled_us = 0 AND o.answered_us = 0))
ORDER BY o.objection
LIMIT $2;
