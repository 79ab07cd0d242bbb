-- operator_pulled_put: what an operator holds of a zone
-- $1 operator
-- $2 origin
-- $3 serial
-- $4 how
-- $5 now, us
INSERT INTO operator_pulled (operator, origin, serial, how, at_us)
SELECT $1, $2, $3, $4, $5
WHERE EXISTS (SELECT 1 FROM operator WHERE name = $1)
ON CONFLICT (operator, origin) DO UPDATE SET serial = excluded.serial, how = excluded.how,
	at_us = excluded.at_us;
