-- v_case_decided_below: items decided below a place in the platform's log
-- $1 case
-- $2 seq
SELECT coalesce(sum(n), 0)
FROM v_case_decided
WHERE casefile = $1 AND seq < $2;
