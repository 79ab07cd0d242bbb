-- v_dispute_get: where a dispute stands
-- $1 case
-- $2 who opened it
-- $3 dispute
SELECT seq, state
FROM v_dispute
WHERE casefile = $1 AND party = $2 AND dispute = $3;
