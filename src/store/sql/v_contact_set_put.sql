-- v_contact_set_put: the newest directory of a side
-- $1 channel
-- $2 party
-- $3 version
-- $4 seq
-- $5 author
-- $6 when
INSERT INTO v_contact_set (channel, party, version, seq, author, at_us)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (channel, party) DO UPDATE
SET version = excluded.version, seq = excluded.seq, author = excluded.author,
    at_us = excluded.at_us;
