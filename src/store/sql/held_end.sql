-- held_end: it no longer waits; once it had its effect its reason stands in the event only
-- $1 id
-- $2 state
-- $3 now, us
-- $4 who, or null
-- $5 why, or null
UPDATE held_decision
SET state = $2, reason = CASE WHEN $2 = 'done' THEN NULL ELSE reason END, ended_us = $3, ended_by = $4, why = $5
WHERE id = $1 AND state IN ('held', 'conflict');
