-- fraud_known: is this proof here?
-- $1 channel
-- $2 party
-- $3 size
-- $4 what tells it from others of that size
SELECT count(*)
FROM fraud
WHERE channel = $1 AND party = $2 AND size = $3 AND root = $4;
