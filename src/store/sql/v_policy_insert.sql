-- v_policy_insert: a side adopts a policy, once more than before
-- $1 channel
-- $2 party
-- $3 seq
-- $4 SHA-256
-- $5 name
-- $6 version
-- $7 author
-- $8 iat, us
INSERT INTO v_policy (channel, party, seq, sha256, name, version, author, iat_us, nth)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, 1 + count(*)
FROM v_policy
WHERE channel = $1 AND party = $2 AND sha256 = $4;
