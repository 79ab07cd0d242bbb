-- reveal_first: when the first of them was
-- $1 person
-- $2 after, us
SELECT at_us
FROM reveal
WHERE person = $1 AND stage = 'clear' AND at_us > $2
ORDER BY at_us
LIMIT 1;
