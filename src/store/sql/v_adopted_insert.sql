-- v_adopted_insert: a log adopts a receipt
-- $1 channel
-- $2 party
-- $3 seq
-- $4 size
-- $5 time, us
-- $6 the latest time of a receipt up to here, us
-- $7 how much of the other log is acknowledged by what it covers
-- $8 when, us
INSERT INTO v_adopted (channel, party, seq, size, time_us, heard_us, acked, acked_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
