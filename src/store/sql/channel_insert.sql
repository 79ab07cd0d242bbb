-- channel_insert: a new channel
-- $1 channel
-- $2 name
-- $3 organisation of the peer
-- $4 our party
-- $5 SHA-256 of the policy
-- $6 introduction of the peer, or empty
-- $7 now, us
INSERT INTO channel (channel, name, peer_org, own_party, policy_sha256, introduction, added_us)
VALUES ($1, $2, $3, $4, $5, $6, $7);
