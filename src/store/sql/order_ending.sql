-- order_ending: orders in force by their end
SELECT id, channel, ends_us
FROM v_order
WHERE state = 'in_force'
ORDER BY ends_us
LIMIT 64;
