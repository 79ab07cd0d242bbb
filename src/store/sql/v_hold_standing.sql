-- v_hold_standing: holds that stood when somebody looked
-- $1 case
-- $2 the party that looks
-- $3 below which seq of its own log it looks
-- $4 below which seq of the other log it looks
SELECT count(*)
FROM v_hold
WHERE casefile = $1
	AND ((party = $2 AND seq < $3 AND (released_seq < 0 OR released_seq >= $3))
		OR (party <> $2 AND seq < $4 AND (released_seq < 0 OR released_seq >= $4)));
