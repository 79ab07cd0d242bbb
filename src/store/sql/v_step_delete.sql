-- v_step_delete: no step of a case is next
-- $1 case
DELETE FROM v_step
WHERE casefile = $1;
