-- welcome_find: whom a one-time link is for
-- $1 SHA-256 of its secret
-- $2 now, us
SELECT person
FROM welcome
WHERE sha256 = $1 AND expires_us > $2;
