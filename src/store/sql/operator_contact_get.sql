-- operator_contact_get: whom an operator is reached by
-- $1 operator
SELECT name, reach, language, person
FROM operator_contact
WHERE operator = $1;
