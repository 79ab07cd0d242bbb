-- dispute_since: decided items of a case, and whether the decision is newer than a ruling
-- $1 case
-- $2 iat of the ruling, us
SELECT i, CASE WHEN decided_us > $2 THEN 1 ELSE 0 END
FROM v_item
WHERE casefile = $1 AND outcome IS NOT NULL;
