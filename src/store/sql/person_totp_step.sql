-- person_totp_step: a code was used; none of this step or before is taken again
-- $1 name
-- $2 step
UPDATE person
SET totp_step = $2
WHERE name = $1 AND active = 1 AND totp_step < $2;
