-- lockout_prune: what is too old to count
-- $1 before, us
DELETE FROM lockout
WHERE last_us < $1;
