-- fraud_settled_of: was another proof about the same number settled?
-- $1 channel
-- $2 party
-- $3 number
SELECT count(*)
FROM fraud
WHERE channel = $1 AND party = $2 AND size = $3 AND settled = 1;
