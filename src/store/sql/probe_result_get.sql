-- probe_result_get: the result that an event names
-- $1 digest
SELECT result FROM probe_result WHERE digest = $1;
