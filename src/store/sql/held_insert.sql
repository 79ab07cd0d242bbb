-- held_insert: a decision that waits
-- $1 id
-- $2 case
-- $3 body, JSON
-- $4 items, JSON
-- $5 how many
-- $6 reason
-- $7 author
-- $8 person
-- $9 now, us
-- $10 when it has effect, us
-- $11 type of its event
INSERT INTO held_decision (id, casefile, body, items, n, reason, author, person, made_us,
                           effect_us, act, state, ended_us, ended_by, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'held', 0, NULL, NULL);
