-- held_of_case: decisions of a case that wait
-- $1 case
SELECT id, items, person
FROM held_decision
WHERE casefile = $1 AND state = 'held'
ORDER BY effect_us;
