-- vault_tsig_all: keys of operators, sealed or not
SELECT name, secret
FROM operator_key;
