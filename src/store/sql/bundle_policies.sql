-- bundle_policies: where the adoptions of policies in a log stand
-- $1 channel
-- $2 party
SELECT party, seq
FROM v_policy
WHERE channel = $1 AND party = $2
ORDER BY seq;
