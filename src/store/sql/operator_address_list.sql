-- operator_address_list: the further addresses of an operator
-- $1 operator
SELECT address
FROM operator_address
WHERE operator = $1
ORDER BY address;
