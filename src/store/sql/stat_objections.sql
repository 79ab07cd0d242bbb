-- stat_objections: objections by when they came in
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT kind, received_us, answered_us, ruled_us, answer_due_us, rule_due_us, ruling
FROM v_objection
WHERE channel = $1 AND received_us >= $2 AND received_us < $3
ORDER BY objection;
