-- policy_all: every policy that is here
SELECT sha256, name, version, body
FROM policy_text
ORDER BY sha256;
