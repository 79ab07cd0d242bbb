-- person_list: everybody
SELECT name, pseudonym, role,
       CASE WHEN password IS NOT NULL THEN 'password' WHEN token_sha256 IS NOT NULL THEN 'token' END,
       active, added_us
FROM person
ORDER BY name;
