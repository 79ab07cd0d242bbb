-- access_oldest: when the oldest record was made
SELECT at_us
FROM access
ORDER BY seq
LIMIT 1;
