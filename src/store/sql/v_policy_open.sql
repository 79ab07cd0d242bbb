-- v_policy_open: how many adoptions of a side stand after its last that the other matched
-- $1 channel
-- $2 party
-- $3 the other party
-- $4 of the other's log: below this seq
SELECT count(*)
FROM v_policy
WHERE channel = $1 AND party = $2 AND seq > coalesce((
	SELECT x.seq
	FROM v_policy x
	WHERE x.channel = $1 AND x.party = $2 AND EXISTS (
		SELECT 1
		FROM v_policy y
		WHERE y.channel = $1 AND y.party = $3 AND y.sha256 = x.sha256
			AND y.nth = x.nth AND y.seq < $4)
	ORDER BY x.seq DESC
	LIMIT 1), -1);
