-- policy_get: the text of a policy
-- $1 SHA-256
SELECT body
FROM policy_text
WHERE sha256 = $1;
