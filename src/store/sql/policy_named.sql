-- policy_named: our last adoption of a policy in a channel, or no row
-- $1 channel
-- $2 party
-- $3 SHA-256
SELECT seq
FROM v_policy
WHERE channel = $1 AND party = $2 AND sha256 = $3
ORDER BY seq DESC
LIMIT 1;
