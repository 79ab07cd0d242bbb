-- person_list: everybody
-- $1 now, us
-- $2 a session last seen before is over, us
SELECT p.name, p.pseudonym, p.role,
       CASE WHEN p.password IS NOT NULL THEN 'password'
            WHEN EXISTS (SELECT 1 FROM token t WHERE t.person = p.name AND t.revoked_us = 0) THEN 'token' END,
       p.active = 1, p.active = 2, p.added_us, p.added_by, p.changed_us, p.changed_by, p.password IS NOT NULL, p.totp_secret IS NOT NULL,
       (SELECT count(*) FROM token t
        WHERE t.person = p.name AND t.revoked_us = 0 AND (t.expires_us = 0 OR t.expires_us > $1)),
       (SELECT count(*) FROM session s WHERE s.person = p.name AND s.expires_us > $1
          AND s.seen_us > $2)
FROM person p
ORDER BY p.name;
