-- v_applied_insert: an operator says that it applied a serial
-- $1 channel
-- $2 seq
-- $3 operator
-- $4 serial
-- $5 author
-- $6 now, us
INSERT INTO v_applied (channel, seq, operator, serial, author, at_us)
VALUES ($1, $2, $3, $4, $5, $6);
