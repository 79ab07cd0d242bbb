-- v_policy_count: how many adoptions a side has in a channel
-- $1 channel
-- $2 party
SELECT count(*)
FROM v_policy
WHERE channel = $1 AND party = $2;
