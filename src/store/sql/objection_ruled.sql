-- objection_ruled: when an objection was ruled on, 0: it was not
-- $1 channel
-- $2 objection
SELECT ruled_us
FROM v_objection
WHERE channel = $1 AND objection = $2;
