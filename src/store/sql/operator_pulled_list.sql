-- operator_pulled_list: what operators hold
-- $1 operator
SELECT origin, serial, how, at_us
FROM operator_pulled
WHERE operator = $1
ORDER BY origin;
