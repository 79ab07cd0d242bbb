-- operator_insert: an operator; RC_CONFLICT when the name is taken
-- $1 name
-- $2 address
-- $3 port for NOTIFY, 0: none
-- $4 resolver, NULL: not said
-- $5 zone
-- $6 layout
-- $7 now, us
INSERT INTO operator (name, address, notify_port, pulled_serial, pulled_us, added_us, resolver,
	zone, layout)
VALUES ($1, $2, $3, 0, 0, $7, $4, $5, $6);
