-- v_objection_insert: a new objection; none for an id that is there
-- $1 channel
-- $2 objection
-- $3 order
-- $4 seq
-- $5 kind
-- $6 language
-- $7 text
-- $8 contact
-- $9 tracking
-- $10 received
-- $11 opened
-- $12 answer due
-- $13 ruling due
INSERT INTO v_objection (channel, objection, order_id, seq, kind, language, body, contact,
       tracking, received_us, opened_us, answer_due_us, rule_due_us, answered_us, answered_by,
       answer, ruled_us, ruled_by, ruling, ruled_names, reason, answer_seq,
       rule_seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, NULL, NULL, 0, NULL, NULL,
	NULL, NULL, -1, -1)
ON CONFLICT (channel, objection) DO NOTHING;
