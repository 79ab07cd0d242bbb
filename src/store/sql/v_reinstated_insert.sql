-- v_reinstated_insert: a reversal that put items back
-- $1 channel
-- $2 party
-- $3 seq
-- $4 how many
INSERT INTO v_reinstated (channel, party, seq, n)
VALUES ($1, $2, $3, $4);
