-- v_scrutiny_put: the time for the review of a notice; the same again stays told
-- $1 case
-- $2 from when on people are told
-- $3 until when
INSERT INTO v_scrutiny (casefile, near_us, due_us)
VALUES ($1, $2, $3)
ON CONFLICT (casefile) DO UPDATE
SET told = CASE WHEN v_scrutiny.due_us = excluded.due_us THEN v_scrutiny.told ELSE 0 END,
    near_us = excluded.near_us, due_us = excluded.due_us;
