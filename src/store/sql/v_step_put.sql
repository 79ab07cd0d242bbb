-- v_step_put: the next step of a case; the same one again stays prepared
-- $1 case
-- $2 step
-- $3 from when on, us
INSERT INTO v_step (casefile, step, step_us)
VALUES ($1, $2, $3)
ON CONFLICT (casefile) DO UPDATE
SET prepared = CASE WHEN v_step.step = excluded.step AND v_step.step_us = excluded.step_us
                    THEN v_step.prepared ELSE 0 END,
    step = excluded.step, step_us = excluded.step_us;
