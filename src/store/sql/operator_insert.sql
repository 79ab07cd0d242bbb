-- operator_insert: an operator; RC_CONFLICT when the name is taken
-- $1 name
-- $2 address
-- $3 port for NOTIFY, 0: none
-- $4 TSIG key name
-- $5 TSIG secret
-- $6 now, us
INSERT INTO operator (name, address, notify_port, tsig_name, tsig_secret, pulled_serial, pulled_us,
	added_us)
VALUES ($1, $2, $3, $4, $5, 0, 0, $6);
