-- objection_track: one that is in the log, by its code
-- $1 tracking
SELECT order_id, kind, received_us, answer_due_us, rule_due_us, answered_us, answer, ruled_us,
       ruling, ruled_names, reason
FROM v_objection
WHERE tracking = $1;
