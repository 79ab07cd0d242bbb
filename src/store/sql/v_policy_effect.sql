-- v_policy_effect: the newest adoption of a side that the other matched, or no row
-- $1 channel
-- $2 party
-- $3 below this seq
-- $4 the other party
-- $5 of the other's log: below this seq
SELECT x.sha256
FROM v_policy x
WHERE x.channel = $1 AND x.party = $2 AND x.seq < $3 AND EXISTS (
	SELECT 1
	FROM v_policy y
	WHERE y.channel = $1 AND y.party = $4 AND y.sha256 = x.sha256
		AND y.nth = x.nth AND y.seq < $5)
ORDER BY x.seq DESC
LIMIT 1;
