-- operator_key_count: how many keys an operator ever had
-- $1 operator
SELECT count(*)
FROM operator_key
WHERE operator = $1;
