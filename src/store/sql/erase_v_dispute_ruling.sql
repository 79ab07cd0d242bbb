-- erase_v_dispute_ruling: why a dispute was ruled so
-- $1 case
-- $2 dispute
-- $3 party that ruled
UPDATE v_dispute
SET reason = NULL
WHERE casefile = $1 AND dispute = $2 AND party <> $3;
