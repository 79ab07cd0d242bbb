-- operator_any: is there an operator
SELECT 1
FROM operator
LIMIT 1;
