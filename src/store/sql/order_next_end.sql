-- order_next_end: when the next order in force ends; 0: none does
-- $1 now, us
SELECT coalesce(min(ends_us), 0)
FROM v_order
WHERE state = 'in_force' AND ends_us > $1;
