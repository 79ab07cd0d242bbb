-- vault_tsig_clear: keys of operators that are not sealed yet
SELECT name, secret
FROM operator_key
WHERE secret NOT LIKE 'sealed-v1:%';
