-- policy_adopts: what was adopted in a channel, as it was written
-- $1 channel
SELECT party, seq, sha256, name, version, author, iat_us
FROM v_policy
WHERE channel = $1
ORDER BY iat_us, party, seq;
