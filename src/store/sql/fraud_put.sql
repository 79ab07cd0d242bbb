-- fraud_put: a proof that a key signed what contradicts itself; known again is a no-op
-- $1 channel
-- $2 party whose key it is
-- $3 size of the smaller head, or number
-- $4 what tells it from others of that size
-- $5 what contradicts
-- $6 what it contradicts
-- $7 now, us
-- $8 kind
-- $9 the proof, JSON
-- $10 whether the peer sent it, 1 or 0
-- $11 when the peer had it, us; 0 for not yet
-- $12 whether it freezes nothing, 1 or 0
INSERT INTO fraud (channel, party, size, root, note, other, found_us, kind, proof, from_peer, told_us, settled)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (channel, party, size, root) DO NOTHING;
