-- v_clarify_insert: a question of the platform
-- $1 case
-- $2 seq
-- $3 act
-- $4 author
-- $5 text
-- $6 items, JSON
-- $7 iat, us
INSERT INTO v_clarify (casefile, seq, act, author, body, items, iat_us, answer_iat_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0);
