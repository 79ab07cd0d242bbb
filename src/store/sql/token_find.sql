-- token_find: whose token this is, when it is good
-- $1 SHA-256 of its secret
-- $2 now, us
SELECT p.name, p.pseudonym, p.role, t.id, t.scopes, t.used_us
FROM token t JOIN person p ON p.name = t.person
WHERE t.sha256 = $1 AND t.revoked_us = 0 AND p.active = 1 AND (t.expires_us = 0 OR t.expires_us > $2);
