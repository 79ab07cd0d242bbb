-- v_objection_all: for the digest
SELECT channel, objection, order_id, seq, kind, language, body, contact, tracking, received_us,
       opened_us, answer_due_us, rule_due_us, answered_us, answered_by, answer, ruled_us,
       ruled_by, ruling, ruled_names, reason, answer_seq, rule_seq
FROM v_objection
ORDER BY channel, objection;
