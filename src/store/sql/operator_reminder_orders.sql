-- operator_reminder_orders: the orders that a reminder is about
-- $1 reminder
SELECT i.order_id, i.expected, i.serial, i.lacks, o.channel
FROM operator_reminder_order i
JOIN v_order o ON o.id = i.order_id
WHERE i.reminder = $1
ORDER BY o.channel, i.order_id;
