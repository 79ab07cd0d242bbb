-- welcome_clear: a person's links are used up; those of others that have expired go too
-- $1 person
-- $2 now, us
DELETE FROM welcome
WHERE person = $1 OR expires_us <= $2;
