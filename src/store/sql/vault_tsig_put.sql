-- vault_tsig_put: a key of an operator, sealed
-- $1 key
-- $2 sealed
UPDATE operator_key
SET secret = $2
WHERE name = $1;
