-- epoch_put: a side says how the channel goes on; what it said before of the same epoch is replaced
-- $1 channel
-- $2 epoch
-- $3 party
-- $4 the statement
-- $5 size of the authority's log in it
-- $6 size of the platform's log in it
-- $7 now, us
INSERT INTO epoch (channel, epoch, party, wire, authority_size, platform_size, said_us)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (channel, epoch, party) DO UPDATE
SET wire = excluded.wire, authority_size = excluded.authority_size, platform_size = excluded.platform_size,
    said_us = excluded.said_us, told_us = 0;
