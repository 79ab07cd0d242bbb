-- hold_standing: the legal holds of a case that stand, the oldest first
-- $1 case
SELECT party, author, reason
FROM v_hold
WHERE casefile = $1 AND released_seq < 0
ORDER BY placed_us, party, hold;
