-- operator_reminder_same: how many orders of a reminder are what is missing now
-- $1 reminder
-- $2 order
-- $3 what is missing
-- $4 serial
SELECT count(*)
FROM operator_reminder_order
WHERE reminder = $1 AND order_id = $2 AND lacks = $3 AND serial = $4;
