-- operator_reminder_show: the orders that a reminder is about, as people see them
-- $1 reminder
SELECT i.order_id, i.expected, i.serial, i.lacks, r.year, r.number
FROM operator_reminder_order i
LEFT JOIN v_register r ON r.order_id = i.order_id
WHERE i.reminder = $1
ORDER BY r.year, r.number, i.order_id;
