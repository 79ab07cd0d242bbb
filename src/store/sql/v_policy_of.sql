-- v_policy_of: what both sides have adopted in a channel
-- $1 channel
SELECT party, seq, sha256
FROM v_policy
WHERE channel = $1
ORDER BY party, seq;
