-- operator_host_put: what a host of an operator holds of a zone, but for too many hosts
-- $1 operator
-- $2 origin
-- $3 address
-- $4 serial
-- $5 now, us
-- $6 hosts at most
INSERT INTO operator_host (operator, origin, address, serial, at_us)
SELECT $1, $2, $3, $4, $5
WHERE EXISTS (SELECT 1 FROM operator WHERE name = $1)
  AND (EXISTS (SELECT 1 FROM operator_host
               WHERE operator = $1 AND origin = $2 AND address = $3)
       OR (SELECT count(*) FROM operator_host WHERE operator = $1 AND origin = $2) < $6)
ON CONFLICT (operator, origin, address) DO UPDATE SET serial = excluded.serial,
	at_us = excluded.at_us;
