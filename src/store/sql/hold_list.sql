-- hold_list: the legal holds of a case
-- $1 case
-- $2 limit
SELECT hold, party, author, reason, placed_us, released_us, released_by, released_reason
FROM v_hold
WHERE casefile = $1
ORDER BY placed_us, party, hold
LIMIT $2;
