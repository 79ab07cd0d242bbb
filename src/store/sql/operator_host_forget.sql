-- operator_host_forget: hosts of a zone not heard of for long, and those that were not told apart
-- $1 operator
-- $2 origin
-- $3 before this, us
DELETE FROM operator_host
WHERE operator = $1 AND origin = $2 AND (at_us <= $3 OR address = '');
