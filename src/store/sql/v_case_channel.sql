-- v_case_channel: which channel a case belongs to
-- $1 case
SELECT channel
FROM v_case
WHERE casefile = $1;
