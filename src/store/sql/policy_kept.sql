-- policy_kept: policies whose text is in the store
SELECT name, version, sha256
FROM policy_text
ORDER BY name, version, sha256;
