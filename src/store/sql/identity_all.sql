-- identity_all: the identity entries of an organisation, in order
-- $1 org
SELECT wire, n
FROM identity
WHERE org = $1
ORDER BY n;
