-- policy_put: a policy; present again is a no-op
-- $1 SHA-256
-- $2 name
-- $3 version
-- $4 text
INSERT INTO policy_text (sha256, name, version, body)
VALUES ($1, $2, $3, $4)
ON CONFLICT (sha256) DO NOTHING;
