-- applied_newest: the newest serial that an operator says it applied
-- $1 operator
SELECT serial, at_us, author
FROM v_applied
WHERE operator = $1
ORDER BY serial DESC, seq DESC
LIMIT 1;
