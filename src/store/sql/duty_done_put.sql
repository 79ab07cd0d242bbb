-- duty_done_put: a duty is done; the first word counts
-- $1 duty
-- $2 note or null
-- $3 by whom
-- $4 now, us
INSERT INTO duty_done (duty, note, by_name, at_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (duty) DO NOTHING;
