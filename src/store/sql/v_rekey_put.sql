-- v_rekey_put: from an event of a log on an identity entry of its author is in force
-- $1 channel
-- $2 party
-- $3 seq
-- $4 number of the entry
-- $5 what the event acknowledges of the other log
INSERT INTO v_rekey (channel, party, seq, n, had)
VALUES ($1, $2, $3, $4, $5);
