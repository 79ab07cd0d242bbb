-- operator_notify_put: what became of the newest NOTIFY of a zone to an operator
-- $1 operator
-- $2 origin
-- $3 address
-- $4 port
-- $5 serial
-- $6 result
-- $7 attempts
-- $8 over
-- $9 now, us
INSERT INTO operator_notify (operator, origin, address, port, serial, result, attempts, over, at_us)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
WHERE EXISTS (SELECT 1 FROM operator WHERE name = $1)
ON CONFLICT (operator, origin, address, port) DO UPDATE SET serial = excluded.serial,
	result = excluded.result, attempts = excluded.attempts, over = excluded.over,
	at_us = excluded.at_us;
