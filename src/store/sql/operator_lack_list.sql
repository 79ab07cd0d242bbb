-- operator_lack_list: what is overdue at an operator that is to be reminded, the oldest first
-- $1 operator
-- $2 now, us
-- $3 limit
SELECT l.order_id, l.expected, l.serial, l.lacks, l.since_us, l.due_us, l.reminded, o.channel,
       r.year, r.number
FROM operator_lack l
JOIN v_order o ON o.id = l.order_id
LEFT JOIN v_register r ON r.order_id = l.order_id
WHERE l.operator = $1 AND l.due_us <= $2
  AND EXISTS (SELECT 1 FROM operator_lack d WHERE d.operator = $1 AND d.next_us <= $2)
ORDER BY l.due_us, l.order_id
LIMIT $3;
