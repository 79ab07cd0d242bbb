-- policy_votes: how often a side has adopted a policy in a channel
-- $1 channel
-- $2 party
-- $3 SHA-256
SELECT count(*)
FROM v_policy
WHERE channel = $1 AND party = $2 AND sha256 = $3;
