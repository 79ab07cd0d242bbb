-- operator_contact_put: whom an operator is reached by
-- $1 operator
-- $2 name
-- $3 reach
-- $4 language
-- $5 person or null
INSERT INTO operator_contact (operator, name, reach, language, person)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operator) DO UPDATE SET name = excluded.name, reach = excluded.reach,
	language = excluded.language, person = excluded.person;
