-- operator_reminder_size: how many orders a reminder is about
-- $1 reminder
SELECT count(*)
FROM operator_reminder_order
WHERE reminder = $1;
