-- identity_get: the newest identity entry of an organisation
-- $1 org
SELECT wire
FROM identity
WHERE org = $1
ORDER BY n DESC
LIMIT 1;
