-- v_retired_insert: a resolver or a vantage that is asked no more
-- $1 channel
-- $2 seq
-- $3 operator
-- $4 resolver
-- $5 vantage
-- $6 author
-- $7 reason
-- $8 now, us
INSERT INTO v_retired (channel, seq, operator, resolver, vantage, author, reason, at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
