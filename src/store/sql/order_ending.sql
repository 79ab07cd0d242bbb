-- order_ending: orders in force whose end has come
-- $1 now, us
-- $2 after this end
-- $3 and this order
-- $4 limit
SELECT id, channel, ends_us
FROM v_order
WHERE state = 'in_force' AND ends_us <= $1 AND (ends_us, id) > ($2, $3)
ORDER BY ends_us, id
LIMIT $4;
