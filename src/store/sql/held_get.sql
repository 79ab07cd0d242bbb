-- held_get: a decision that waits, or has waited
-- $1 id
SELECT casefile, body, items, n, reason, author, person, effect_us, state, act
FROM held_decision
WHERE id = $1;
