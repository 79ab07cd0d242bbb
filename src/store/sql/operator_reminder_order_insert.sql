-- operator_reminder_order_insert: an order that a reminder is about
-- $1 reminder
-- $2 order
-- $3 expected
-- $4 serial
-- $5 what is missing
INSERT INTO operator_reminder_order (reminder, order_id, expected, serial, lacks)
VALUES ($1, $2, $3, $4, $5);
