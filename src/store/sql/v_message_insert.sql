-- v_message_insert: a message
-- $1 channel
-- $2 party
-- $3 seq
-- $4 case
-- $5 author
-- $6 text
-- $7 iat, us
INSERT INTO v_message (channel, party, seq, casefile, author, body, iat_us, read_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0);
