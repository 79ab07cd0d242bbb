-- v_step_put: the next step of a case
-- $1 case
-- $2 step
-- $3 from when on, us
INSERT INTO v_step (casefile, step, step_us)
VALUES ($1, $2, $3)
ON CONFLICT (casefile) DO UPDATE SET step = excluded.step, step_us = excluded.step_us;
