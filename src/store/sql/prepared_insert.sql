-- prepared_insert: a step with its text
-- $1 id
-- $2 case
-- $3 step
-- $4 from when on, us
-- $5 level
-- $6 text
-- $7 now, us
INSERT INTO prepared (id, casefile, step, step_us, level, body, made_us, state, ended_us, ended_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'ready', 0, NULL)
ON CONFLICT (casefile, step, step_us) DO NOTHING;
