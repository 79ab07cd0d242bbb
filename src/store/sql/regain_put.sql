-- regain_put: how far a log is brought back
-- $1 channel
-- $2 since, us
-- $3 phase
-- $4 base
-- $5 size to be reached
-- $6 its root
-- $7 the peer's word
-- $8 event of the next disclosure
-- $9 which of its disclosures
-- $10 events of the peer that are needed
INSERT INTO regain (channel, since_us, phase, base, size, root, word, said_seq, said_n, needs)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (channel) DO UPDATE
SET phase = excluded.phase, base = excluded.base, size = excluded.size, root = excluded.root,
    word = excluded.word, said_seq = excluded.said_seq, said_n = excluded.said_n,
    needs = excluded.needs;
