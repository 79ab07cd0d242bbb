-- v_operator_talk_insert: a reminder to an operator, or its answer
-- $1 channel
-- $2 seq
-- $3 operator
-- $4 kind
-- $5 step
-- $6 way
-- $7 author
-- $8 text
-- $9 when, us
INSERT INTO v_operator_talk (channel, seq, operator, kind, step, via, author, body, at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
