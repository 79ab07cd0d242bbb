-- probe_operator: is there such an operator?
-- $1 operator
SELECT count(*) FROM operator WHERE name = $1;
