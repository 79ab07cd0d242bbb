-- objection_inbox_insert: an objection as it came in; none when the same text is there
-- $1 objection
-- $2 channel
-- $3 order
-- $4 kind
-- $5 language
-- $6 text
-- $7 contact
-- $8 SHA-256 of the text
-- $9 tracking
-- $10 received
-- $11 answer due
-- $12 ruling due
-- $13 source, or null
INSERT INTO objection_inbox (objection, channel, order_id, kind, language, body, contact,
       body_sha256, tracking, received_us, answer_due_us, rule_due_us, admitted_us,
       source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13)
ON CONFLICT (order_id, body_sha256) DO NOTHING;
