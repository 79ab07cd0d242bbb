-- probe_result_old: results from before that time go
-- $1 before
DELETE FROM probe_result WHERE at_us < $1;
