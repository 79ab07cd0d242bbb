-- session_find: whose session this is, when it is good
-- $1 SHA-256 of its secret
-- $2 now, us
-- $3 seen after, us: idle longer than allowed before that
SELECT p.name, p.pseudonym, p.role, s.id, p.totp_secret IS NOT NULL, s.seen_us
FROM session s JOIN person p ON p.name = s.person
WHERE s.sha256 = $1 AND p.active = 1 AND s.expires_us > $2 AND s.seen_us > $3;
