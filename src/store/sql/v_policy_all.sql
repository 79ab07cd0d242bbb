-- v_policy_all: every row of v_policy in a fixed order, for comparing rebuilds
SELECT channel, party, seq, sha256, name, version, author, iat_us, nth
FROM v_policy
ORDER BY channel, party, seq;
