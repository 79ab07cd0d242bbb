-- operator_state: a number that differs after an operator was added or removed
SELECT coalesce(sum(added_us), 0)
FROM operator;
