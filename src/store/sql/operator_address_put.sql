-- operator_address_put: one more address
-- $1 operator
-- $2 address
INSERT INTO operator_address (operator, address)
VALUES ($1, $2)
ON CONFLICT (operator, address) DO NOTHING;
