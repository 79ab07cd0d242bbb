-- identity_put: an identity entry; the first of a number wins
-- $1 org
-- $2 number
-- $3 entry as received
-- $4 now, us
INSERT INTO identity (org, n, wire, added_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (org, n) DO NOTHING;
