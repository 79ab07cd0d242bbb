-- policy_cases: 1 when a notice of the channel was sent under a policy, else 0
-- $1 channel
-- $2 SHA-256
SELECT count(*)
FROM (SELECT 1 AS one FROM v_case WHERE channel = $1 AND policy_sha256 = $2 LIMIT 1) AS any_case;
