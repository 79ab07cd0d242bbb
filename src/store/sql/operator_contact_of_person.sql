-- operator_contact_of_person: the operator for which a person acts here
-- $1 person
SELECT operator
FROM operator_contact
WHERE person = $1;
