-- v_case_decided_insert: a decision that was the first of some items
-- $1 case
-- $2 seq
-- $3 how many
INSERT INTO v_case_decided (casefile, seq, n)
VALUES ($1, $2, $3);
