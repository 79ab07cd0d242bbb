-- operator_lack_count: how many orders are not in effect at an operator
-- $1 operator
SELECT count(*)
FROM operator_lack
WHERE operator = $1;
