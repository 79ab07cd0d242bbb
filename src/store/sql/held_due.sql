-- held_due: the decision whose time comes first
SELECT id, effect_us
FROM held_decision
WHERE state = 'held'
ORDER BY effect_us, id
LIMIT 1;
