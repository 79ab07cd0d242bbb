-- operator_key_insert: a key; RC_CONFLICT when its name is taken
-- $1 name
-- $2 operator
-- $3 secret, sealed
-- $4 now, us
INSERT INTO operator_key (name, operator, secret, made_us, ends_us, revoked_us)
VALUES ($1, $2, $3, $4, 0, 0);
