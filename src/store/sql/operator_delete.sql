-- operator_delete: an operator no more
-- $1 name
DELETE FROM operator
WHERE name = $1;
