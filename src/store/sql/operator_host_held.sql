-- operator_host_held: a host is there, with what is known of it
-- $1 operator
-- $2 origin
-- $3 address
-- $4 now, us
UPDATE operator_host SET at_us = $4
WHERE operator = $1 AND origin = $2 AND address IN ($3, '');
