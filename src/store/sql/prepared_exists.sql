-- prepared_exists: was this step of a case prepared
-- $1 case
-- $2 step
-- $3 from when on, us
SELECT count(*)
FROM prepared
WHERE casefile = $1 AND step = $2 AND step_us = $3;
